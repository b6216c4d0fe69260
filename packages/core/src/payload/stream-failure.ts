import type { StoredType } from './realm.ts';

/** The last chunk of a stream whose source failed: its readers get the error. */
export class StreamFailure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

export const streamFailureType: StoredType = {
  reduce: (value) => (value instanceof StreamFailure ? { error: value.error } : undefined),
  revive: (data) => new StreamFailure((data as { error?: unknown } | null)?.error),
};
