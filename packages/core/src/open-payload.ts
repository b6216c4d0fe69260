import type { EventOf, Payload } from '@perdure/world';
import type { Engine } from './engine.ts';
import { checkSealed, isSealed } from './payload/envelope.ts';
import { hostCodec } from './payload/host-codec.ts';
import { readingThrough } from './payload/reading.ts';

/**
 * The value of a payload of any run, for callers who have not read the run's history.
 *
 * A process that seals and finds a payload that is not looks at how the run began. Throws `PayloadError`.
 */
export async function openPayload(
  { world, envelope, client }: Pick<Engine, 'world' | 'envelope' | 'client'>,
  payload: Payload,
  { runId, place }: { readonly runId: string; readonly place: string },
): Promise<unknown> {
  if (envelope.seals && !isSealed(payload)) {
    const [created] = await world.runs.history(runId, { limit: 1 });
    checkSealed(payload, (created as EventOf<'run_created'>).eventData.input, place);
  }
  const text = envelope.unwrap(payload, runId, place);
  return readingThrough(client, () => hostCodec.parse(text));
}
