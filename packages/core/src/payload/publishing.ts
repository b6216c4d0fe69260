/** Streams and signals that no run knows yet become a run's while a value that holds them is written. */
import type { StreamPlace } from '../stream-place.ts';

/** Whoever writes a value into a run. */
export interface Publisher {
  /** Makes a stream one of the run; the same stream has the same place. */
  publishReadable(stream: ReadableStream): StreamPlace;
  /** Undefined: what the run writes cannot be brought there. */
  publishWritable?(stream: WritableStream): StreamPlace;
  /** Gives a signal, and the controller it is of where that crosses, an id in the run. */
  publishSignal?(signal: AbortSignal, controller: AbortController | undefined): string;
}

let current: Publisher | undefined;

/** Publishes through `publisher` for as long as `write` takes. */
export function publishingThrough<T>(publisher: Publisher | undefined, write: () => T): T {
  const before = current;
  current = publisher;
  try {
    return write();
  } finally {
    current = before;
  }
}

export function currentPublisher(): Publisher | undefined {
  return current;
}
