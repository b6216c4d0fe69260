/** Starting runs and talking to them, from any process. */
import { randomBytes } from 'node:crypto';
import {
  type Event,
  type EventOf,
  eventIdOf,
  type LiveHook,
  type RunProjection,
  type World,
  WorldError,
} from '@perdure/world';
import { EndWatch } from './end-watch.ts';
import type { Engine } from './engine.ts';
import {
  HookNotFoundError,
  WorkflowRunCancelledError,
  WorkflowRunFailedError,
  WorkflowRunNotFoundError,
} from './errors.ts';
import { notAWorkflow, optionInvalid } from './messages.ts';
import { hostCodec } from './payload/host-codec.ts';
import type { Program } from './program.ts';
import { Run, type RunAccess } from './run.ts';
import { ulid } from './ulid.ts';
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

  constructor(engine: Engine, worker: Worker, program: () => Promise<Program>) {
    this.#engine = engine;
    this.#worker = worker;
    this.#program = program;
    this.#ends = new EndWatch(engine.world);
  }

  get world(): World {
    return this.#engine.world;
  }

  async start<R>(
    workflow: Workflow<never[], R> | WorkflowReference,
    args: readonly unknown[],
  ): Promise<Run<R>> {
    const workflowName = (workflow as { workflowId?: unknown } | null | undefined)?.workflowId;
    if (typeof workflowName !== 'string') throw notAWorkflow(workflow);
    if (!Array.isArray(args)) throw optionInvalid('the arguments of start()', 'an array', args);
    const { world, envelope, clock, worker } = this.#engine;
    const text = hostCodec.stringify({ args });
    const program = await this.#program();
    const createdAt = clock();
    const runId = `wrun_${ulid(createdAt)}`;
    const event: EventOf<'run_created'> = {
      runId,
      eventId: eventIdOf(1),
      version: 1,
      eventType: 'run_created',
      createdAt,
      eventData: {
        workflowName,
        program: program.hash,
        seed: randomBytes(32).toString('hex'),
        input: envelope.wrap(text, runId, 'run/input'),
      },
    };
    const claimFor = this.#worker.free > 0 ? { worker, leaseMs: this.#worker.leaseMs } : undefined;
    const { claim } = await world.runs.create(event, claimFor ? { claimFor } : {});
    if (claim) this.#worker.adopt(claim);
    return this.getRun<R>(runId);
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
    return this.#resultOf(last!);
  }

  #resultOf(event: Event): unknown {
    const { runId } = event;
    const open = (payload: Parameters<Engine['envelope']['unwrap']>[0], field: string) =>
      hostCodec.parse(this.#engine.envelope.unwrap(payload, runId, `run/${field}`));
    switch (event.eventType) {
      case 'run_completed':
        return open(event.eventData.output, 'output');
      case 'run_failed':
        throw new WorkflowRunFailedError(
          runId,
          event.eventData.errorCode,
          open(event.eventData.error, 'error'),
        );
      case 'run_cancelled':
        throw new WorkflowRunCancelledError(runId, event.eventData.reason);
      default:
        throw new TypeError(`Expected the end of run ${runId}, got ${event.eventType}`);
    }
  }

  /** Ends a run at once; does nothing when it has ended. Throws `WorkflowRunNotFoundError`. */
  async cancel(runId: string, reason: string | undefined): Promise<void> {
    const eventData = reason === undefined ? {} : { reason };
    try {
      await this.#engine.world.runs.send(runId, { eventType: 'run_cancelled', key: 'cancel', eventData });
    } catch (error) {
      if (!WorldError.is(error)) throw error;
      if (error.code === 'RUN_NOT_FOUND') throw new WorkflowRunNotFoundError(runId);
      if (error.code !== 'RUN_ENDED') throw error;
    }
  }

  /** Throws `HookNotFoundError`. */
  async hookByToken(token: string): Promise<HookInfo> {
    const { runId, metadata } = await this.#liveHook(token);
    return { runId, token, metadata };
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
    const { runId, correlationId, metadata } = await this.#liveHook(token);
    const { world, envelope, clock } = this.#engine;
    const key =
      options.id === undefined ? ulid(clock()) : `id_${Buffer.from(options.id).toString('base64url')}`;
    if (key.length > 128) throw optionInvalid('the id of resumeHook()', 'at most 90 bytes', options.id);
    const stored = envelope.wrap(hostCodec.stringify(payload), runId, `${correlationId}/${key}`);
    try {
      const event = {
        eventType: 'hook_received',
        key,
        correlationId,
        eventData: { payload: stored },
      } as const;
      await world.runs.send(runId, event);
    } catch (error) {
      if (WorldError.is(error) && (error.code === 'HOOK_NOT_FOUND' || error.code === 'RUN_ENDED')) {
        throw new HookNotFoundError(`token ${JSON.stringify(token)}`);
      }
      throw error;
    }
    return { runId, token, metadata };
  }

  close(): void {
    this.#ends.close();
  }

  async #liveHook(token: string): Promise<LiveHook & { metadata: unknown }> {
    const hook = typeof token === 'string' ? await this.#engine.world.runs.hookByToken(token) : undefined;
    if (!hook) throw new HookNotFoundError(`token ${JSON.stringify(token)}`);
    const stored = hook.createdEvent.eventData.metadata;
    if (stored === undefined) return { ...hook, metadata: undefined };
    const text = this.#engine.envelope.unwrap(stored, hook.runId, `${hook.correlationId}/metadata`);
    return { ...hook, metadata: hostCodec.parse(text) };
  }
}
