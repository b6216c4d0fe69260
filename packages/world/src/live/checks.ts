/** What a request must be before anything is decided about it; each throws INPUT_INVALID. */
import { inputInvalid } from '../errors.ts';
import { type Event, type EventOf, eventIdOf } from '../event.ts';
import { copyEvent, isEvent, parseEvent } from '../event-check.ts';
import { isId } from '../event-fields.ts';
import type { StepClaim, StepOutcome } from '../steps.ts';
import type { ClaimRequest, CreateOptions } from '../world.ts';

/** A copy of an event that may be looked at further. */
export function admitted(event: Event): Event {
  if (!isEvent(event)) throw inputInvalid('event', problemOf(event, 'not an event'));
  return copyEvent(event);
}

const conflictRules: readonly unknown[] = [undefined, 'join', 'fail', 'replace'];

export function checkCreation(event: EventOf<'run_created'>, options: CreateOptions): void {
  const { claimFor, wakeAt, onConflict } = options;
  if (!isEvent(event) || event.eventType !== 'run_created' || event.version !== 1) {
    throw inputInvalid('run_created event', problemOf(event, 'expected run_created at version 1'));
  }
  if (claimFor) checkRequest(claimFor);
  if (wakeAt !== undefined) checkTime('wakeAt', wakeAt);
  if (!conflictRules.includes(onConflict)) {
    throw inputInvalid('onConflict', `expected join, fail or replace, got ${JSON.stringify(onConflict)}`);
  }
  if (onConflict !== undefined && event.eventData.key === undefined) {
    throw inputInvalid('run_created event', `onConflict: ${onConflict} needs a key, got none`);
  }
}

export function checkRequest(request: ClaimRequest): void {
  if (!isId(request.worker))
    throw inputInvalid('claim request', `worker: got ${JSON.stringify(request.worker)}`);
  if (!(request.leaseMs > 0 && request.leaseMs < Number.POSITIVE_INFINITY)) {
    throw inputInvalid('claim request', `leaseMs: expected more than 0, got ${request.leaseMs}`);
  }
}

const ends: readonly unknown[] = ['step_completed', 'step_failed', 'step_retrying', 'step_returned'];

export function checkOutcome(claim: StepClaim, outcome: StepOutcome): void {
  const { runId, correlationId, attempt } = claim;
  if (!ends.includes(outcome?.eventType))
    throw inputInvalid('outcome', `expected one of ${ends.join(', ')}, got ${JSON.stringify(outcome)}`);
  const { eventType, eventData } = outcome;
  const head = { runId, eventId: eventIdOf(1), version: 1, createdAt: 0, correlationId };
  const event = { ...head, eventType, eventData } as Event;
  if (!isEvent(event)) throw inputInvalid('outcome', problemOf(event, 'not an outcome'));
  if ('attempt' in eventData && eventData.attempt !== attempt)
    throw inputInvalid('outcome', `attempt: expected ${attempt}, got ${eventData.attempt}`);
}

export function checkTime(name: string, value: unknown): void {
  if (!Number.isFinite(value)) throw inputInvalid(name, `expected a time in milliseconds, got ${value}`);
}

function problemOf(event: unknown, otherwise: string): string {
  const checked = parseEvent(event);
  return checked.ok ? otherwise : checked.problem;
}
