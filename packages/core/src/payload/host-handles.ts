/** Handles on the host, of runs and of their streams: they look through whoever reads them. */
import { streamRecordInvalid } from '../channel-messages.ts';
import { Run } from '../run.ts';
import { placeOf, type StreamPlace } from '../run-streams.ts';
import { currentPublisher } from './publishing.ts';
import { currentReader } from './reading.ts';
import type { StoredType } from './realm.ts';
import { runIdOf } from './run-record.ts';

function placeIn(data: unknown): StreamPlace {
  const { runId, name, startIndex } = (data ?? {}) as Partial<StreamPlace>;
  const isIndex = startIndex === undefined || Number.isSafeInteger(startIndex);
  if (typeof runId !== 'string' || typeof name !== 'string' || !isIndex) throw streamRecordInvalid();
  return { runId, name, ...(startIndex === undefined ? {} : { startIndex }) };
}

export const hostHandleTypes: Record<string, StoredType> = {
  Run: {
    reduce: (value) => (value instanceof Run ? { runId: value.runId } : undefined),
    revive: (data) => new Run(currentReader(), runIdOf(data)),
  },
  ReadableStream: {
    // What no run knows yet becomes a stream of the run that the value is written for.
    reduce: (value) =>
      value instanceof ReadableStream
        ? (placeOf(value) ?? currentPublisher()?.publishReadable(value))
        : undefined,
    revive: (data) => currentReader().readable(placeIn(data)),
  },
  WritableStream: {
    reduce: (value) =>
      value instanceof WritableStream
        ? (placeOf(value) ?? currentPublisher()?.publishWritable?.(value))
        : undefined,
    revive: (data) => currentReader().writable(placeIn(data)),
  },
};
