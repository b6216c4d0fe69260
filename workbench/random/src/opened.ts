/** Payloads of a history that nobody sealed, as values. */
import type { Event, EventOf, Payload } from '@perdure/world';
import { createEnvelope } from '../../../packages/core/src/payload/envelope.ts';
import { holdingSignals } from '../../../packages/core/src/payload/host-abort.ts';
import { hostCodec } from '../../../packages/core/src/payload/host-codec.ts';
import { type Answer, errorCodes } from './allowed.ts';

const envelope = createEnvelope(undefined);

export function opened(payload: Payload, runId: string, place: string): unknown {
  const text = envelope.unwrap(payload, runId, place);
  return holdingSignals({ signals: new Map(), tell: () => undefined }, () => hostCodec.parse(text));
}

/** The number that an error counts as; the same as in the source of a sketch. */
export function codeOf(error: unknown): number {
  const { name, message } = Object(error) as Error;
  return (errorCodes as Record<string, number>)[name] ?? Number(String(message).slice(1));
}

/** What `start` was given: the value and the tag. */
export function inputOf({ runId, eventData }: EventOf<'run_created'>): readonly [number, string] {
  return (opened(eventData.input, runId, 'run/input') as { args: [number, string] }).args;
}

/** How the run ended; undefined when it did not. */
export function answerOf(history: readonly Event[]): Answer | undefined {
  const last = history.at(-1);
  switch (last?.eventType) {
    case 'run_completed':
      return { kind: 'fulfilled', value: opened(last.eventData.output, last.runId, 'run/output') as number };
    case 'run_failed':
      return { kind: 'rejected', value: codeOf(opened(last.eventData.error, last.runId, 'run/error')) };
    case 'run_cancelled':
      return { kind: 'cancelled', value: 0 };
    default:
      return undefined;
  }
}
