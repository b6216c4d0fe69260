/** How an attempt's end is recorded: completed, tried again later, or failed for good. */
import { type Event, eventIdOf, type StepOptions } from '@perdure/world';
import { isEngineCall } from './builtin-steps.ts';
import type { EventPlace } from './command.ts';
import { timeAfter } from './duration.ts';
import { FatalError, RetryableError, SerializationError } from './errors.ts';
import { attemptsExhausted, isTooLarge } from './messages.ts';
import type { Envelope } from './payload/envelope.ts';
import { hostCodec } from './payload/host-codec.ts';
import type { Attempt, Outcome } from './step-runner.ts';

const defaults = { maxRetries: 3, delayMs: 250, backoff: 2, maxDelayMs: 30_000, jitter: 0 } as const;

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
  const { error, options, retry } = outcome;
  if (retry === 'never' || step.failures >= (options.maxRetries ?? defaults.maxRetries)) {
    const own =
      FatalError.is(error) || SerializationError.is(error) || isTooLarge(error) || isEngineCall(step.name);
    const shown = own ? error : attemptsExhausted(step.name, number, error);
    const data = { error: wrap(errorText(shown, envelope), 'error'), attempts: number };
    return { ...head, eventType: 'step_failed', eventData: data };
  }
  const retryAt = retryTime(error, options, { failures: step.failures, now: createdAt });
  const data = { attempt: number, error: wrap(errorText(error, envelope), 'error'), retryAt };
  return { ...head, eventType: 'step_retrying', eventData: data };
}

function retryTime(
  error: unknown,
  options: StepOptions,
  { failures, now }: { failures: number; now: number },
): number {
  if (RetryableError.is(error)) {
    try {
      return Math.max(now, timeAfter(error.retryAfter, now));
    } catch {
      // A delay that makes no sense is no reason to lose the attempt: the usual delay applies.
    }
  }
  const { delayMs, backoff, maxDelayMs, jitter } = { ...defaults, ...options };
  const delay = Math.min(maxDelayMs, delayMs * backoff ** failures);
  return now + Math.ceil(delay * (1 - jitter * Math.random()));
}

/** Text of a thrown value; what cannot be stored is replaced by the error that says so. */
function errorText(error: unknown, envelope: Envelope): string {
  try {
    const text = hostCodec.stringify(error);
    envelope.check(text);
    return text;
  } catch (problem) {
    return hostCodec.stringify(problem);
  }
}
