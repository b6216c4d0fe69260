/** Handles on the host, of runs and of their streams: they look through whoever reads them. */

import { Run } from '../run.ts';
import { placeOf } from '../stream-place.ts';
import { currentPublisher } from './publishing.ts';
import { currentReader } from './reading.ts';
import type { StoredType } from './realm.ts';
import { runIdOf } from './run-record.ts';
import { streamPlaceIn } from './stream-record.ts';

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
    revive: (data) => currentReader().readable(streamPlaceIn(data)),
  },
  WritableStream: {
    reduce: (value) =>
      value instanceof WritableStream
        ? (placeOf(value) ?? currentPublisher()?.publishWritable?.(value))
        : undefined,
    revive: (data) => currentReader().writable(streamPlaceIn(data)),
  },
};
