/** How a step may be run, as its function says: the same reading in the guest and on the host. */
import type { StepOptions } from '@perdure/world';
import { type Duration, timeAfter } from './duration.ts';
import { stepOptionInvalid } from './messages.ts';

/** `s.retry = { ... }` on a step function. */
export interface RetryPolicy {
  /** All attempts, the first included. Default 4. */
  readonly maxAttempts?: number;
  /** Before the second attempt. Default 250 ms. */
  readonly delay?: Duration;
  /** Factor from one delay to the next. Default 2. */
  readonly backoff?: number;
  /** Longest delay. Default 30 s. */
  readonly maxDelay?: Duration;
  /** Share of the delay that is random, 0 to 1. Default 0. */
  readonly jitter?: number;
  /** Asked on the host after a failed attempt; false: no more attempts. */
  readonly retryIf?: (error: unknown) => boolean;
}

interface Options {
  readonly maxRetries?: unknown;
  readonly retry?: unknown;
  readonly timeout?: unknown;
  readonly offer?: unknown;
}

function wholeNumber(name: string, value: unknown, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw stepOptionInvalid(name, `a whole number >= ${least}`, value);
  }
  return value as number;
}

function between(name: string, value: unknown, range: readonly [number, number]): number {
  if (typeof value !== 'number' || !(value >= range[0] && value <= range[1])) {
    throw stepOptionInvalid(name, `a number from ${range[0]} to ${range[1]}`, value);
  }
  return value;
}

/** Reads `maxRetries`, `retry`, `timeout` and `offer` of a step function. Throws STEP_OPTION_INVALID, DURATION_INVALID. */
export function readStepOptions(step: Options): StepOptions {
  const { maxRetries, timeout, offer } = step;
  const retry = (step.retry ?? {}) as RetryPolicy;
  if (offer !== undefined && typeof offer !== 'boolean')
    throw stepOptionInvalid('offer', 'true or false', offer);
  if (typeof retry !== 'object') throw stepOptionInvalid('retry', 'an object', retry);
  const { maxAttempts, delay, backoff, maxDelay, jitter } = retry;
  return {
    ...(maxRetries === undefined ? {} : { maxRetries: wholeNumber('maxRetries', maxRetries, 0) }),
    ...(maxAttempts === undefined
      ? {}
      : { maxRetries: wholeNumber('retry.maxAttempts', maxAttempts, 1) - 1 }),
    ...(timeout === undefined ? {} : { timeoutMs: timeAfter(timeout as Duration, 0) }),
    ...(delay === undefined ? {} : { delayMs: timeAfter(delay, 0) }),
    ...(backoff === undefined ? {} : { backoff: between('retry.backoff', backoff, [1, 100]) }),
    ...(maxDelay === undefined ? {} : { maxDelayMs: timeAfter(maxDelay, 0) }),
    ...(jitter === undefined ? {} : { jitter: between('retry.jitter', jitter, [0, 1]) }),
    ...(offer === undefined ? {} : { offer }),
  };
}

/** The options as JSON text; undefined when the step has none. */
export function stepOptionsText(step: Options): string | undefined {
  const { maxRetries, retry, timeout, offer } = step;
  if ([maxRetries, retry, timeout, offer].every((option) => option === undefined)) return undefined;
  return JSON.stringify(readStepOptions(step));
}
