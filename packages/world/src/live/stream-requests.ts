/** Checks of requests about streams, the same for every store. */
import { inputInvalid } from '../errors.ts';
import {
  STREAM_APPEND_BYTES_MAX,
  STREAM_NAME_CHARACTERS_MAX,
  STREAM_PAGE_BYTES,
  STREAM_PAGE_CHUNKS_MAX,
} from '../limits.ts';
import type { Payload } from '../payload.ts';
import type { StreamRange } from '../streams.ts';

export function checkStreamName(name: string): void {
  if (typeof name === 'string' && name !== '' && name.length <= STREAM_NAME_CHARACTERS_MAX) return;
  const got = typeof name === 'string' ? `${name.length} characters` : typeof name;
  throw inputInvalid(
    'stream name',
    `expected text of 1 to ${STREAM_NAME_CHARACTERS_MAX} characters, got ${got}`,
  );
}

export function checkChunks(chunks: readonly Payload[]): void {
  if (!Array.isArray(chunks)) throw inputInvalid('list of chunks', `got ${typeof chunks}`);
  let bytes = 0;
  for (const [index, chunk] of chunks.entries()) {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw inputInvalid('chunk', `${index}: expected text or bytes, got ${typeof chunk}`);
    }
    // A character takes up to three bytes as UTF-8; counting them costs as much as writing them.
    bytes += typeof chunk === 'string' ? 3 * chunk.length : chunk.byteLength;
  }
  if (bytes <= STREAM_APPEND_BYTES_MAX) return;
  throw inputInvalid(
    'list of chunks',
    `expected at most ${STREAM_APPEND_BYTES_MAX} bytes (three for a character of text), got ${bytes}`,
  );
}

/** From which index to which one a page goes at most; the end is not part of it. */
export function streamRangeOf(
  range: StreamRange,
  tail: number,
): { readonly from: number; readonly to: number } {
  const { from, limit = STREAM_PAGE_CHUNKS_MAX } = range;
  if (!Number.isSafeInteger(from)) throw inputInvalid('stream range', `from: got ${from}`);
  if (!Number.isSafeInteger(limit) || limit < 0) throw inputInvalid('stream range', `limit: got ${limit}`);
  const first = from < 0 ? Math.max(0, tail + from) : from;
  return { from: first, to: Math.min(tail, first + Math.min(limit, STREAM_PAGE_CHUNKS_MAX)) };
}

/** Whether a page that holds this much takes no more. */
export function isPageFull(bytes: number): boolean {
  return bytes >= STREAM_PAGE_BYTES;
}
