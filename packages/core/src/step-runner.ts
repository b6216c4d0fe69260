/**
 * One attempt of a step: open the arguments, call the function, classify how it ended.
 *
 * An attempt is in the history before its body runs (at-least-once). A body never sees the engine's trouble:
 * arguments that cannot be opened pause the run, they do not fail the step.
 */
import type { StepOptions } from '@perdure/world';
import { streamInUse } from './channel-messages.ts';
import { FatalError, PayloadError, SerializationError } from './errors.ts';
import { stepTimedOut } from './messages.ts';
import type { OpenStep } from './open-operations.ts';
import { OutgoingSignals } from './outgoing-signals.ts';
import type { Envelope } from './payload/envelope.ts';
import { holdingSignals } from './payload/host-abort.ts';
import { hostCodec } from './payload/host-codec.ts';
import type { Publisher } from './payload/publishing.ts';
import { readingThrough } from './payload/reading.ts';
import { isTooLarge } from './payload-messages.ts';
import type { StepEntry, StepFunction } from './registry.ts';
import { runInStep, type StepClient } from './step-context.ts';
import { type RetryPolicy, readStepOptions } from './step-options.ts';
import { notePlace } from './stream-place.ts';

export interface Attempt {
  readonly step: Pick<OpenStep, 'id' | 'name' | 'input' | 'options' | 'failures' | 'createdAt'>;
  readonly entry: StepEntry;
  readonly number: number;
  readonly startedAt: number;
  readonly run: {
    readonly runId: string;
    readonly workflowName: string;
    readonly startedAt: number;
    readonly url: string;
    readonly encryption: boolean;
    /** As they were when the run was created. */
    readonly attributes: Readonly<Record<string, string>>;
  };
  readonly abort: AbortController;
  /** Controllers of the workflow that the body was given, by id. */
  readonly signals: Map<string, AbortController>;
  /** Events that the body sent to its run, until they are durable. */
  readonly told: Promise<unknown>[];
}

export type Outcome =
  | { readonly kind: 'completed'; readonly text: string }
  | {
      readonly kind: 'failed';
      readonly error: unknown;
      readonly options: StepOptions;
      readonly retry: 'maybe' | 'never';
    }
  /** The engine could not run it: the run waits for a repair. */
  | { readonly kind: 'unreadable'; readonly error: PayloadError };

export async function runAttempt(attempt: Attempt, envelope: Envelope, client: StepClient): Promise<Outcome> {
  let { options } = attempt.step;
  let retryIf: RetryPolicy['retryIf'];
  try {
    const { args, body } = openCall(attempt, envelope, client);
    options = { ...readStepOptions(body), ...options };
    retryIf = (body.retry as RetryPolicy | undefined)?.retryIf;
    const context = contextOf(attempt, client);
    const value = await within(attempt, options, () => runInStep(context, () => body(...args)));
    const signals = new OutgoingSignals(attempt.run.runId, `${attempt.step.id} ${attempt.number}`);
    const publisher = publisherOf(attempt, client, signals);
    const written = runInStep(context, () => hostCodec.stringifyFor(publisher, value));
    const text = typeof written === 'string' ? written : await written;
    envelope.check(text);
    client.followSignals(signals);
    // What the body told the run is durable before its end is.
    if (attempt.told.length > 0) await Promise.all(attempt.told);
    return { kind: 'completed', text };
  } catch (error) {
    if (error instanceof UnreadableInput) return { kind: 'unreadable', error: error.reason };
    return { kind: 'failed', error, options, retry: mayRetry(error, retryIf) };
  }
}

function mayRetry(error: unknown, retryIf: RetryPolicy['retryIf']): 'maybe' | 'never' {
  if (FatalError.is(error) || SerializationError.is(error) || isTooLarge(error)) return 'never';
  return retryIf?.(error) === false ? 'never' : 'maybe';
}

/** Runs a body for at most `timeoutMs`: after that its signal aborts, and the attempt has failed. */
async function within<T>({ step, abort }: Attempt, options: StepOptions, body: () => T): Promise<Awaited<T>> {
  const { timeoutMs } = options;
  if (timeoutMs === undefined) return await body();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = stepTimedOut(step.name, timeoutMs);
    abort.abort(error);
    reject(error);
  }, timeoutMs);
  try {
    return await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the engine's own failure to open arguments from a PayloadError that a body throws. */
class UnreadableInput extends Error {
  readonly reason: PayloadError;
  constructor(reason: PayloadError) {
    super(reason.message);
    this.reason = reason;
  }
}

function openCall(
  attempt: Attempt,
  envelope: Envelope,
  client: StepClient,
): { args: unknown[]; body: StepFunction } {
  const { step, entry, run, signals, told } = attempt;
  const tell = (id: string, reason: unknown): void => {
    note(told, client.requestAbort(run.runId, id, reason));
  };
  try {
    const text = envelope.unwrap(step.input, run.runId, `${step.id}/input`);
    const read = (): unknown => hostCodec.parse(text);
    const input = holdingSignals({ signals, tell }, () => readingThrough(client, read)) as {
      args: unknown[];
      closure?: Record<string, unknown>;
    };
    return { args: input.args, body: 'fn' in entry ? entry.fn : entry.bind(input.closure ?? {}) };
  } catch (error) {
    if (PayloadError.is(error)) throw new UnreadableInput(error);
    throw error;
  }
}

/** A failure counts when the attempt ends; until then, and when the body throws, it is nobody's unhandled rejection. */
function note(told: Promise<unknown>[], work: Promise<unknown>): void {
  work.catch(() => undefined);
  told.push(work);
}

function contextOf(attempt: Attempt, client: StepClient): Parameters<typeof runInStep>[0] {
  const { step, number, startedAt, run, abort } = attempt;
  let children = 0;
  return {
    stepName: step.name,
    stepId: step.id,
    stepCreatedAt: step.createdAt,
    stepStartedAt: new Date(startedAt),
    attempt: number,
    signal: abort.signal,
    workflowName: run.workflowName,
    workflowRunId: run.runId,
    workflowStartedAt: new Date(run.startedAt),
    url: run.url,
    encryption: run.encryption,
    attributes: run.attributes,
    client,
    nextChildName: () => {
      children += 1;
      return `${step.id} ${children}`;
    },
  };
}

/** What a step gives away and no run knows yet becomes a stream of its run. */
function publisherOf(
  { run, step, number, told }: Attempt,
  client: StepClient,
  signals: OutgoingSignals,
): Publisher {
  let streams = 0;
  return {
    publishSignal: (signal, controller) => signals.publish(signal, controller),
    publishReadable(stream) {
      if (stream.locked) throw streamInUse('ReadableStream');
      streams += 1;
      // Another attempt writes a stream of its own: what the one before wrote is not mixed with it.
      const place = { runId: run.runId, name: `${step.id} ${number} ${streams}` };
      note(told, stream.pipeTo(client.writable(place)));
      notePlace(stream, place);
      return place;
    },
  };
}
