/**
 * The chunks of one append in one value: before each chunk its kind (one byte) and its length (four bytes, big-endian).
 */
import type { Payload } from '@perdure/world';
import { rowDamaged } from './messages.ts';

const kinds = { text: 0, bytes: 1, units: 2 } as const;
const headBytes = 5;

export function framed(chunks: readonly Payload[]): Buffer {
  const parts: Buffer[] = [];
  for (const chunk of chunks) {
    const { kind, bytes } = encoded(chunk);
    const head = Buffer.alloc(headBytes);
    head.writeUInt8(kind);
    head.writeUInt32BE(bytes.length, 1);
    parts.push(head, bytes);
  }
  return Buffer.concat(parts);
}

function encoded(chunk: Payload): { readonly kind: number; readonly bytes: Buffer } {
  if (typeof chunk !== 'string')
    return { kind: kinds.bytes, bytes: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) };
  // Half a surrogate pair has no UTF-8.
  return chunk.isWellFormed()
    ? { kind: kinds.text, bytes: Buffer.from(chunk) }
    : { kind: kinds.units, bytes: Buffer.from(chunk, 'utf16le') };
}

/** Throws DATA_DAMAGED. */
export function unframed(data: Buffer, count: number, place: string): Payload[] {
  const chunks: Payload[] = [];
  let at = 0;
  while (at + headBytes <= data.length) {
    const kind = data.readUInt8(at);
    const end = at + headBytes + data.readUInt32BE(at + 1);
    const bytes = data.subarray(at + headBytes, end);
    if (end > data.length || kind > kinds.units) break;
    chunks.push(
      kind === kinds.bytes ? new Uint8Array(bytes) : bytes.toString(kind === kinds.text ? 'utf8' : 'utf16le'),
    );
    at = end;
  }
  if (at !== data.length || chunks.length !== count)
    throw rowDamaged(
      'chunks',
      place,
      `${chunks.length} whole chunks in ${at} of ${data.length} bytes, not ${count}`,
    );
  return chunks;
}
