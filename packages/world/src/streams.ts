/**
 * Streams: chunks that a run writes for others to read, apart from its history.
 *
 * - S1 A chunk whose `append` has answered is there for ever, at one index, dense from 0: none is missing, none is
 *   there twice, none changes place. An append is all or nothing, and appends of one caller keep their order.
 * - S2 A stream ends only where it was closed; nothing follows its end.
 * - S3 Chunks are opaque and come back as they were given. Names are data: any text, never a path.
 * - S4 A listener's call is a hint: a reader that misses all of them finds everything, only later.
 *
 * A stream is there from its first chunk, or from its end. The end of a run closes none of its streams: who drives
 * the run does. A name that is none is refused with INPUT_INVALID, and by all but `watch` an unknown run with RUN_NOT_FOUND.
 */
import type { Payload } from './payload.ts';

export interface StreamInfo {
  /** Number of chunks. */
  readonly tail: number;
  readonly closed: boolean;
}

export interface StreamRange {
  /** Index of the first chunk wanted; negative: counted from the end. */
  readonly from: number;
  /** How many chunks at most. */
  readonly limit?: number;
}

export interface StreamPage extends StreamInfo {
  readonly chunks: readonly { readonly index: number; readonly data: Payload }[];
}

export interface Streams {
  /**
   * Adds chunks at the end, 128 MiB at most, and answers with the number there are then; none make no stream.
   *
   * Throws STREAM_CLOSED. A write that fails (DATA_UNREADABLE) added nothing; where the sync or the answer failed
   * (DATA_UNREADABLE with a store that syncs, DRIVER_BUSY), `info` tells.
   */
  append(runId: string, name: string, chunks: readonly Payload[]): Promise<{ readonly tail: number }>;
  /** Ends a stream; idempotent. */
  close(runId: string, name: string): Promise<void>;
  /**
   * Chunks in order, and how far the stream goes by now; a stream that is not there yet has none.
   *
   * May answer with fewer chunks than there are, but with one at least where there is one: go on after the last.
   */
  read(runId: string, name: string, range: StreamRange): Promise<StreamPage>;
  /** Undefined: there is no such stream yet. */
  info(runId: string, name: string): Promise<StreamInfo | undefined>;
  /** The streams of a run, by name. */
  list(runId: string): Promise<(StreamInfo & { readonly name: string })[]>;
  /** Calls back when a stream may have news until the returned function is called; the run need not exist yet. */
  watch(runId: string, name: string, listener: () => void): () => void;
}
