/**
 * Chunks of streams as a World stores them: bytes stay bytes, anything else is written by the codec.
 *
 * Format 4: bytes as they are. Where payloads are sealed, bytes are sealed like any other value.
 */
import type { Payload } from '@perdure/world';
import type { Envelope } from './envelope.ts';
import { hostCodec } from './host-codec.ts';

const formatBytes = 4;

function bytesOf(chunk: unknown): Uint8Array | undefined {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return undefined;
}

/** Throws `SerializationError`. */
export function wrapChunk(
  chunk: unknown,
  envelope: Envelope,
  place: { runId: string; name: string },
): Payload {
  const bytes = bytesOf(chunk);
  if (bytes && !envelope.seals) {
    const stored = new Uint8Array(bytes.length + 1);
    stored[0] = formatBytes;
    stored.set(bytes, 1);
    return stored;
  }
  return envelope.wrap(
    hostCodec.stringify(bytes ? new Uint8Array(bytes) : chunk),
    place.runId,
    `stream/${place.name}`,
  );
}

/** The bytes of a chunk that was stored as such. */
export function chunkBytes(stored: Payload): Uint8Array | undefined {
  return typeof stored !== 'string' && stored[0] === formatBytes ? stored.slice(1) : undefined;
}

/** Throws `PayloadError`. */
export function unwrapChunk(
  stored: Payload,
  envelope: Envelope,
  place: { runId: string; name: string },
): unknown {
  const bytes = chunkBytes(stored);
  if (bytes) return bytes;
  return hostCodec.parse(envelope.unwrap(stored, place.runId, `stream/${place.name}`));
}
