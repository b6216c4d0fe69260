/** Handles on the host, of runs and of their streams: they look through whoever reads them. */
import { streamRecordInvalid } from '../channel-messages.ts';
import { Run, type RunAccess } from '../run.ts';
import { placeOf, type StreamPlace } from '../run-streams.ts';
import { currentStep } from '../step-context.ts';
import type { StoredType } from './realm.ts';
import { runIdOf } from './run-record.ts';

let access: RunAccess | undefined;

/** Gives the handles that `read` revives a way to their runs. */
export function readingThrough<T>(given: RunAccess, read: () => T): T {
  const before = access;
  access = given;
  try {
    return read();
  } finally {
    access = before;
  }
}

/** The way to their runs that handles get now. */
export function currentReader(): RunAccess {
  return access!;
}

function placeIn(data: unknown): StreamPlace {
  const { runId, name } = (data ?? {}) as Partial<StreamPlace>;
  if (typeof runId !== 'string' || typeof name !== 'string') throw streamRecordInvalid();
  return { runId, name };
}

export const hostHandleTypes: Record<string, StoredType> = {
  Run: {
    reduce: (value) => (value instanceof Run ? { runId: value.runId } : undefined),
    revive: (data) => new Run(access!, runIdOf(data)),
  },
  ReadableStream: {
    // What a step gives away and no run knows yet becomes a stream of its run.
    reduce: (value) =>
      value instanceof ReadableStream ? (placeOf(value) ?? currentStep()?.publish(value)) : undefined,
    revive: (data) => access!.readable(placeIn(data)),
  },
  WritableStream: {
    reduce: (value) => (value instanceof WritableStream ? placeOf(value) : undefined),
    revive: (data) => access!.writable(placeIn(data)),
  },
};
