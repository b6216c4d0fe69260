/** Events that enter a history at its tail from outside its owner. */
import { hookNotFound, inputInvalid, tailMoved, waitNotFound } from '../errors.ts';
import { type Event, eventIdOf, type SentEvent } from '../event.ts';
import { copyEvent, parseSentEvent } from '../event-check.ts';
import type { Projection } from '../projection.ts';
import type { SendOptions } from '../world.ts';
import { checkRequest } from './checks.ts';

/** What a caller of `send` handed in. Throws INPUT_INVALID. */
export function checkedSend(event: SentEvent, { after, claimFor }: SendOptions): SentEvent {
  const checked = parseSentEvent(event);
  if (!checked.ok) throw inputInvalid('sent event', checked.problem);
  if (after !== undefined && !(Number.isSafeInteger(after) && after > 0))
    throw inputInvalid('send', `after: expected a version from 1, got ${JSON.stringify(after)}`);
  if (claimFor) checkRequest(claimFor);
  return checked.value;
}

/** Throws TAIL_MOVED, and HOOK_NOT_FOUND or WAIT_NOT_FOUND for an event whose hook or wait takes none. */
export function checkTarget(
  projection: Projection,
  { eventType, correlationId = '' }: SentEvent,
  { after }: SendOptions,
): void {
  const { version } = projection.run;
  if (after !== undefined && after !== version) throw tailMoved(projection.run.runId, after, version);
  const what = `${correlationId} of run ${projection.run.runId}`;
  if (eventType === 'hook_received' && projection.hooks.get(correlationId)?.status !== 'live') {
    throw hookNotFound(what);
  }
  if (eventType === 'wait_completed' && projection.waits.get(correlationId)?.status !== 'waiting') {
    throw waitNotFound(what);
  }
}

/** The event in its place; never older than the last one. */
export function placed(
  projection: Projection,
  event: Pick<Event, 'eventType' | 'correlationId' | 'eventData' | 'key'>,
  now: number,
): Event {
  const { runId, version, updatedAt } = projection.run;
  const { eventType, correlationId, key, eventData } = event;
  return copyEvent({
    runId,
    eventId: eventIdOf(version + 1),
    version: version + 1,
    eventType,
    correlationId,
    key,
    createdAt: Math.max(now, updatedAt),
    eventData,
  } as Event);
}

/** How a run ends whose key another run takes. */
export function replacement(projection: Projection, byRunId: string, now: number): Event {
  const eventData = { reason: `replaced by run ${byRunId}` };
  return placed(projection, { eventType: 'run_cancelled', eventData }, now);
}
