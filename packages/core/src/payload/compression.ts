/**
 * Compression of payloads with zstd: the length of the text, then the frame.
 *
 * The length bounds what opening may allocate, and is itself bounded before anything is.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { payloadInvalid } from '../messages.ts';
import { payloadBytesMax } from './limits.ts';

const headBytes = 4;
const savedMin = 0.05;
// A window larger than the largest text serves nobody: 64 MiB.
const bounds = { [constants.ZSTD_d_windowLogMax]: 26 };
const effort = { [constants.ZSTD_c_compressionLevel]: 1 };

/** Undefined when it would not save enough. */
export function compress(plain: Buffer): Buffer | undefined {
  const frame = zstdCompressSync(plain, { params: effort, chunkSize: chunkSizeFor(plain.length) });
  if (frame.length + headBytes > plain.length * (1 - savedMin)) return undefined;
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(plain.length);
  return Buffer.concat([head, frame]);
}

/** Throws `PayloadError`. */
export function decompress(bytes: Buffer): Buffer {
  if (bytes.length <= headBytes) throw payloadInvalid('compressed bytes are cut short');
  const length = bytes.readUInt32BE(0);
  if (length > payloadBytesMax())
    throw payloadInvalid(`it would open to more than ${payloadBytesMax()} bytes`);
  let plain: Buffer;
  try {
    plain = zstdDecompressSync(bytes.subarray(headBytes), {
      maxOutputLength: Math.max(length, 1),
      chunkSize: chunkSizeFor(length),
      params: bounds,
    });
  } catch (cause) {
    throw payloadInvalid('compressed bytes were changed', cause);
  }
  if (plain.length !== length) throw payloadInvalid('compressed bytes open to another length than stated');
  return plain;
}

function chunkSizeFor(length: number): number {
  return Math.min(Math.max(length, 64), 1_048_576);
}
