/** Run handles on the host: they look through whoever reads them. */
import { Run, type RunAccess } from '../run.ts';
import type { StoredType } from './realm.ts';
import { runIdOf } from './run-record.ts';

let access: RunAccess | undefined;

/** Gives the handles that `read` revives a way to their runs. */
export function readingRunsThrough<T>(given: RunAccess, read: () => T): T {
  const before = access;
  access = given;
  try {
    return read();
  } finally {
    access = before;
  }
}

export const hostRunTypes: Record<string, StoredType> = {
  Run: {
    reduce: (value) => (value instanceof Run ? { runId: value.runId } : undefined),
    revive: (data) => new Run(access!, runIdOf(data)),
  },
};
