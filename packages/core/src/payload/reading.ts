/** Whoever reads a value: the handles in it look through their reader. */
import type { RunAccess } from '../run.ts';

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
