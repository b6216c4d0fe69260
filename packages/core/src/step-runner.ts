/**
 * One attempt of a step: open the arguments, call the function, classify how it ended, make the event.
 *
 * An attempt is in the history before its body runs (at-least-once). A body never sees the engine's trouble:
 * arguments that cannot be opened pause the run, they do not fail the step.
 */
import { type Event, eventIdOf } from '@perdure/world';
import type { EventPlace } from './command.ts';
import { timeAfter } from './duration.ts';
import { FatalError, PayloadError, RetryableError, SerializationError } from './errors.ts';
import type { OpenStep } from './execution.ts';
import { attemptsExhausted } from './messages.ts';
import type { Envelope } from './payload/envelope.ts';
import { hostCodec } from './payload/host-codec.ts';
import type { StepEntry, StepFunction } from './registry.ts';
import { runInStep } from './step-context.ts';

export interface Attempt {
  readonly step: Pick<OpenStep, 'id' | 'name' | 'input' | 'maxRetries' | 'failures'>;
  readonly entry: StepEntry;
  readonly number: number;
  readonly startedAt: number;
  readonly run: { readonly runId: string; readonly workflowName: string; readonly startedAt: number };
  readonly abort: AbortController;
}

export type Outcome =
  | { readonly kind: 'completed'; readonly text: string }
  | { readonly kind: 'failed'; readonly error: unknown; readonly maxRetries: number }
  /** The engine could not run it: the run waits for a repair. */
  | { readonly kind: 'unreadable'; readonly error: PayloadError };

const maxRetriesDefault = 3;
const retryDelayMs = { first: 250, max: 30_000 } as const;

export async function runAttempt(attempt: Attempt, envelope: Envelope): Promise<Outcome> {
  let maxRetries = attempt.step.maxRetries ?? maxRetriesDefault;
  try {
    const { args, body } = openCall(attempt, envelope);
    maxRetries = attempt.step.maxRetries ?? body.maxRetries ?? maxRetriesDefault;
    const value = await runInStep(contextOf(attempt), () => body(...args));
    return { kind: 'completed', text: hostCodec.stringify(value) };
  } catch (error) {
    if (error instanceof UnreadableInput) return { kind: 'unreadable', error: error.reason };
    return { kind: 'failed', error, maxRetries };
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
  { step, entry, run }: Attempt,
  envelope: Envelope,
): { args: unknown[]; body: StepFunction } {
  try {
    const text = envelope.unwrap(step.input, run.runId, `${step.id}/input`);
    const input = hostCodec.parse(text) as { args: unknown[]; closure?: Record<string, unknown> };
    return { args: input.args, body: 'fn' in entry ? entry.fn : entry.bind(input.closure ?? {}) };
  } catch (error) {
    if (PayloadError.is(error)) throw new UnreadableInput(error);
    throw error;
  }
}

function contextOf({ step, number, startedAt, run, abort }: Attempt): Parameters<typeof runInStep>[0] {
  return {
    stepName: step.name,
    stepId: step.id,
    stepStartedAt: new Date(startedAt),
    attempt: number,
    signal: abort.signal,
    workflowName: run.workflowName,
    workflowRunId: run.runId,
    workflowStartedAt: new Date(run.startedAt),
  };
}

/** The event that records how an attempt ended. */
export function outcomeEvent(
  attempt: Attempt,
  outcome: Exclude<Outcome, { kind: 'unreadable' }>,
  place: EventPlace,
  envelope: Envelope,
): Event {
  const { step, number } = attempt;
  const { runId, version, createdAt } = place;
  const head = { runId, eventId: eventIdOf(version), version, createdAt, correlationId: step.id };
  const wrap = (text: string, field: string) => envelope.wrap(text, runId, `${step.id}/${field}`);
  if (outcome.kind === 'completed') {
    return { ...head, eventType: 'step_completed', eventData: { output: wrap(outcome.text, 'output') } };
  }
  const { error, maxRetries } = outcome;
  const final = FatalError.is(error) || SerializationError.is(error);
  if (final || step.failures >= maxRetries) {
    const shown = final ? error : attemptsExhausted(step.name, number, error);
    const data = { error: wrap(errorText(shown), 'error'), attempts: number };
    return { ...head, eventType: 'step_failed', eventData: data };
  }
  const retryAt = retryTime(error, step.failures, createdAt);
  const data = { attempt: number, error: wrap(errorText(error), 'error'), retryAt };
  return { ...head, eventType: 'step_retrying', eventData: data };
}

function retryTime(error: unknown, failures: number, now: number): number {
  if (RetryableError.is(error)) {
    try {
      return Math.max(now, timeAfter(error.retryAfter, now));
    } catch {
      // A delay that makes no sense is no reason to lose the attempt: the usual delay applies.
    }
  }
  return now + Math.min(retryDelayMs.max, retryDelayMs.first * 2 ** failures);
}

/** Text of a thrown value; what cannot be stored is replaced by the error that says so. */
function errorText(error: unknown): string {
  try {
    return hostCodec.stringify(error);
  } catch (problem) {
    return hostCodec.stringify(problem);
  }
}
