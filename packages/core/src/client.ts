/** Starting runs and talking to them, from any process. */
import { type EventOf, type LiveHook, type RunProjection, type World, WorldError } from '@perdure/world';
import { processStops } from './channel-messages.ts';
import { timeAfter } from './duration.ts';
import { EndWatch } from './end-watch.ts';
import type { Engine } from './engine.ts';
import { HookNotFoundError, WorkflowRunNotFoundError } from './errors.ts';
import { KnownHooks } from './known-hooks.ts';
import { announceEnd, type EndEvent } from './lifecycle.ts';
import { keyOfAnotherWorkflow, notAWorkflow, optionInvalid } from './messages.ts';
import { openPayload } from './open-payload.ts';
import type { OutgoingSignals } from './outgoing-signals.ts';
import { OutgoingStreams } from './outgoing-streams.ts';
import { sendAbort, sendAttributes, wakeSleeps } from './outside-events.ts';
import { hostCodec } from './payload/host-codec.ts';
import type { Program } from './program.ts';
import { Run, type RunAccess } from './run.ts';
import { newRunId, runCreated } from './run-creation.ts';
import { resultOf } from './run-result.ts';
import { readableOf, writableOf } from './run-streams.ts';
import type { StartOptions } from './start-options.ts';
import { currentStep } from './step-context.ts';
import type { RunReadable, StreamPlace } from './stream-place.ts';
import { ulid } from './ulid.ts';
import { type WebhookMetadata, webhookToken } from './webhook-record.ts';
import type { Worker } from './worker.ts';

/** A function with `"use workflow"`, as compiled code exports it. */
export type Workflow<Args extends unknown[] = never[], Result = unknown> = (...args: Args) => Promise<Result>;

/** Names a workflow without having its function. */
export interface WorkflowReference {
  readonly workflowId: string;
}

export interface HookInfo {
  readonly runId: string;
  readonly token: string;
  readonly metadata: unknown;
}

export class Client implements RunAccess {
  readonly #engine: Engine;
  readonly #worker: Worker;
  readonly #program: () => Promise<Program>;
  readonly #ends: EndWatch;
  readonly #hooks = new KnownHooks();
  readonly #carrying = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(engine: Engine, worker: Worker, program: () => Promise<Program>) {
    this.#engine = engine;
    this.#worker = worker;
    this.#program = program;
    this.#ends = new EndWatch(engine.world, (runId) => worker.driving(runId));
  }

  get world(): World {
    return this.#engine.world;
  }

  /** The run that a step starts is a child of the step's run. */
  async start<R>(
    workflow: Workflow<never[], R> | WorkflowReference,
    args: readonly unknown[],
    options: StartOptions = {},
  ): Promise<Run<R>> {
    const workflowName = (workflow as { workflowId?: unknown } | null | undefined)?.workflowId;
    if (typeof workflowName !== 'string') throw notAWorkflow(workflow);
    if (!Array.isArray(args)) throw optionInvalid('the arguments of start()', 'an array', args);
    const parent = currentStep();
    const place = newRunId(this.#engine, parent);
    const streams = new OutgoingStreams(place.runId, 'start');
    const input = await hostCodec.stringifyFor(streams, { args });
    const { hash } = await this.#program();
    const event = runCreated(this.#engine, place, { workflowName, program: hash, input, options, parent });
    const { runId, created } = await this.#create(event, options);
    // Another run has the key, or another attempt started this one: it has the streams that came with it.
    if (created) this.#carry(streams);
    else streams.discard(`run ${runId} was started before`);
    return this.getRun<R>(runId);
  }

  /** Brings chunks and aborts to a run, in the background: the run has their streams and signals already. */
  #carry(streams: OutgoingStreams): void {
    this.followSignals(streams.signals);
    if (streams.size === 0) return;
    const carried = streams.carry(this, this.#stopping.signal, this.#engine.report);
    this.#carrying.add(carried);
    void carried.finally(() => this.#carrying.delete(carried));
  }

  /** Stores a run, and drives it if this process can; answers with the run that has the key, if one has. */
  async #create(
    event: EventOf<'run_created'>,
    { onConflict, runAt }: StartOptions,
  ): Promise<{ readonly runId: string; readonly created: boolean }> {
    const { world, clock } = this.#engine;
    const now = clock();
    const wakeAt = runAt === undefined ? undefined : timeAfter(runAt, now);
    const later = wakeAt !== undefined && wakeAt > now;
    const options = {
      ...(wakeAt === undefined ? {} : { wakeAt }),
      ...(onConflict === undefined ? {} : { onConflict }),
    };
    const { run, created } = later
      ? await world.runs.create(event, options)
      : await this.#worker.lend('own', (claimFor) => world.runs.create(event, { ...claimFor, ...options }));
    if (later) this.#worker.lookAt(wakeAt);
    if (run.workflowName !== event.eventData.workflowName)
      throw keyOfAnotherWorkflow(event.eventData.key, run);
    return { runId: run.runId, created };
  }

  getRun<R>(runId: string): Run<R> {
    return new Run<R>(this, runId);
  }

  /** Throws `WorkflowRunNotFoundError`. */
  async projection(runId: string): Promise<RunProjection> {
    const run = await this.find(runId);
    if (!run) throw new WorkflowRunNotFoundError(runId);
    return run;
  }

  find(runId: string): Promise<RunProjection | undefined> {
    return this.#engine.world.runs.get(runId);
  }

  /** The value of the workflow, once the run has ended. Throws what `Run.returnValue` throws. */
  async result(runId: string): Promise<unknown> {
    const { version } = await this.#ends.wait(runId);
    const [last] = await this.#engine.world.runs.history(runId, { after: version - 1, limit: 1 });
    return resultOf(this.#engine, last!);
  }

  /** Ends a run at once; does nothing when it has ended. Throws `WorkflowRunNotFoundError`. */
  async cancel(runId: string, reason: string | undefined): Promise<void> {
    const eventData = reason === undefined ? {} : { reason };
    try {
      const sent = await this.#engine.world.runs.send(runId, {
        eventType: 'run_cancelled',
        key: 'cancel',
        eventData,
      });
      if (!sent.duplicate) await this.#announce(sent.event as EndEvent);
    } catch (error) {
      if (!WorldError.is(error)) throw error;
      if (error.code === 'RUN_NOT_FOUND') throw new WorkflowRunNotFoundError(runId);
      if (error.code !== 'RUN_ENDED') throw error;
    }
  }

  async #announce(end: EndEvent): Promise<void> {
    const [created] = await this.#engine.world.runs.history(end.runId, { limit: 1 });
    await announceEnd(this.#engine, created as EventOf<'run_created'>, end);
  }

  /** Ends sleeps before their time: those named, or all of them. Throws `WorkflowRunNotFoundError`. */
  async wakeUp(
    runId: string,
    correlationIds: readonly string[] | undefined,
  ): Promise<{ stoppedCount: number }> {
    await this.projection(runId);
    return wakeSleeps(this.#engine, runId, correlationIds);
  }

  /** Aborts a controller of the workflow from outside; one that is aborted already stays as it is. */
  requestAbort(runId: string, correlationId: string, reason: unknown): Promise<void> {
    return sendAbort(this.#engine, runId, { correlationId, reason });
  }

  /** Throws `LimitError`, ATTRIBUTE_INVALID, `WorkflowRunNotFoundError`. */
  async setAttributes(
    runId: string,
    changes: Readonly<Record<string, string | undefined>>,
    keys: 'own' | 'reserved',
  ): Promise<void> {
    const { attributes: before } = await this.projection(runId);
    await sendAttributes(this.#engine, runId, { changes, before, keys });
  }

  /** Throws `HookNotFoundError`. */
  async hookByToken(token: string, metadata: 'of the user' | 'as stored' = 'of the user'): Promise<HookInfo> {
    const hook = await this.#liveHook(token);
    const stored = await this.#metadataOf(hook);
    const own = metadata === 'of the user' && webhookToken.test(token);
    return { runId: hook.runId, token, metadata: own ? (stored as WebhookMetadata).metadata : stored };
  }

  /**
   * Sends a payload to whoever waits for the token; durable when it resolves, and with `id` idempotent.
   *
   * Throws `HookNotFoundError`, `SerializationError`.
   */
  async resumeHook(
    token: string,
    payload: unknown,
    options: { readonly id?: string } = {},
  ): Promise<HookInfo> {
    const { clock } = this.#engine;
    const key =
      options.id === undefined ? ulid(clock()) : `id_${Buffer.from(options.id).toString('base64url')}`;
    if (key.length > 128) throw optionInvalid('the id of resumeHook()', 'at most 90 bytes', options.id);
    const known = this.#hooks.get(token);
    // The hook that had the token a moment ago most often has it still, and takes nothing if not.
    const sent = known && (await this.#sendTo(known, key, payload));
    if (sent) return sent;
    this.#hooks.delete(token);
    const hook = await this.#liveHook(token);
    const info = await this.#sendTo(hook, key, payload);
    if (!info) throw new HookNotFoundError(`token ${JSON.stringify(token)}`);
    this.#hooks.add(hook);
    return info;
  }

  /** Undefined when the hook takes nothing any more. */
  async #sendTo(hook: LiveHook, key: string, payload: unknown): Promise<HookInfo | undefined> {
    const { runId, correlationId, token } = hook;
    const { world, envelope } = this.#engine;
    const metadata = await this.#metadataOf(hook);
    const streams = new OutgoingStreams(runId, `${correlationId} ${key}`);
    const text = await hostCodec.stringifyFor(streams, payload);
    const stored = envelope.wrap(text, runId, `${correlationId}/${key}`);
    try {
      const event = {
        eventType: 'hook_received',
        key,
        correlationId,
        eventData: { payload: stored },
      } as const;
      const { duplicate } = await this.#worker.lend('any', (claimFor) =>
        world.runs.send(runId, event, claimFor),
      );
      if (duplicate) streams.discard('the payload was sent before');
      else this.#carry(streams);
    } catch (error) {
      if (WorldError.is(error) && (error.code === 'HOOK_NOT_FOUND' || error.code === 'RUN_ENDED'))
        return undefined;
      throw error;
    }
    return { runId, token, metadata };
  }

  readable<T>(place: StreamPlace): RunReadable<T> {
    return readableOf<T>(this.#engine, place);
  }

  writable<T>(place: StreamPlace): WritableStream<T> {
    return writableOf<T>(this.#engine, place);
  }

  /** Answers a request of a webhook; a second answer is refused by the World. */
  async respond({ runId, name }: StreamPlace, response: Response): Promise<void> {
    const { world, envelope, streaming } = this.#engine;
    const streams = new OutgoingStreams(runId, name);
    const text = await hostCodec.stringifyFor(streams, response);
    this.#carry(streams);
    streaming.add(runId);
    await world.streams.append(runId, name, [envelope.wrap(text, runId, `stream/${name}`)]);
    await world.streams.close(runId, name);
  }

  /** Waits up to `graceMs` for streams that are being brought to runs, then breaks them off. */
  async close(graceMs: number): Promise<void> {
    this.#ends.close();
    const stop = (): void => this.#stopping.abort(processStops());
    const timer = setTimeout(stop, graceMs);
    await Promise.all(this.#carrying);
    clearTimeout(timer);
    stop();
  }

  /** Aborts that come to signals of this process while it works reach the run that was given them. */
  followSignals(signals: OutgoingSignals): void {
    signals.follow(this.#engine, this.#stopping.signal);
  }

  async #liveHook(token: string): Promise<LiveHook> {
    const hook = typeof token === 'string' ? await this.#engine.world.runs.hookByToken(token) : undefined;
    if (!hook) throw new HookNotFoundError(`token ${JSON.stringify(token)}`);
    return hook;
  }

  async #metadataOf({ runId, correlationId, createdEvent }: LiveHook): Promise<unknown> {
    const { metadata } = createdEvent.eventData;
    if (metadata === undefined) return undefined;
    return openPayload(this.#engine, metadata, { runId, place: `${correlationId}/metadata` });
  }
}
