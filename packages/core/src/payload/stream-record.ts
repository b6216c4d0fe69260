/** What stands for a stream of a run in a payload, on both sides. */
import { streamRecordInvalid } from '../channel-messages.ts';
import type { StreamPlace } from '../stream-place.ts';

/** The place in the record that stands for a handle. Throws `PayloadError`. */
export function streamPlaceIn(data: unknown): StreamPlace {
  const { runId, name, startIndex } = (data ?? {}) as Partial<StreamPlace>;
  const isIndex = startIndex === undefined || Number.isSafeInteger(startIndex);
  if (typeof runId !== 'string' || typeof name !== 'string' || !isIndex) throw streamRecordInvalid();
  return { runId, name, ...(startIndex === undefined ? {} : { startIndex }) };
}
