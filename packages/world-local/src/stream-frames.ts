/**
 * The file of a stream: a line that names it, then frames, one for each chunk and one for the end.
 *
 *   {"stream":1,"runId":"wrun_1","name":"out","crc":"0badcafe"}
 *   length u32 | flags u8 | check u24 | crc u32 | body      (little endian)
 *
 * - `committed` is on the last frame of an append and nowhere else: frames without one after them were never
 *   acknowledged. The `end` of a stream has no body and is committed by itself.
 * - `check` covers length, flags and the frame's place in the file, and `crc` the body besides, both seeded with the
 *   run id and the stream's name: a length that lost a bit is told from one that a killed process cut short, and a
 *   frame of another place or file is none of this one's.
 * - `request` frames begin with 16 bytes that name the request of another process, so that it is answered once.
 */
import { crc32 } from 'node:zlib';
import type { Payload } from '@perdure/world';
import { sealed, seedOf, unsealed } from './lines.ts';

export const FRAME_HEAD_BYTES = 12;
export const REQUEST_BYTES = 16;

const flag = { bytes: 1, utf16: 2, committed: 4, end: 8, request: 16 } as const;
const everyFlag = 31;
/** Length, flags and place: what `check` covers. */
const checked = Buffer.alloc(11);

export interface FrameHead {
  readonly length: number;
  readonly flags: number;
  readonly crc: number;
  /** Seed of the body's checksum. */
  readonly seed: number;
}

export function streamSeed(runId: string, name: string): number {
  return seedOf(`${runId}/${name}`);
}

export function streamHeader(runId: string, name: string): Buffer {
  return Buffer.from(sealed({ stream: 1, runId, name }, seedOf(runId)));
}

/** The name in a header line, given without its newline; undefined for a line that is no header of the run's. */
export function nameInHeader(line: Buffer, runId: string): string | undefined {
  const decoded = unsealed(line, seedOf(runId));
  if ('problem' in decoded || decoded.record.stream !== 1) return undefined;
  return typeof decoded.record.name === 'string' ? decoded.record.name : undefined;
}

export interface FrameOptions {
  readonly seed: number;
  /** Where in the file the first frame begins. */
  readonly position: number;
  /** 16 bytes that name the request. */
  readonly request?: Buffer;
}

export interface Frames {
  /** To be written one after the other. */
  readonly parts: readonly Buffer[];
  /** Where in the file each frame begins. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** The frames of one append. */
export function framesOf(chunks: readonly Payload[], options: FrameOptions): Frames {
  const parts: Buffer[] = [];
  const offsets: number[] = [];
  let { position } = options;
  for (const [index, chunk] of chunks.entries()) {
    const last = index === chunks.length - 1;
    const request = last ? options.request : undefined;
    const { bytes, flags } = bodyOf(chunk);
    const bits = flags | (last ? flag.committed : 0) | (request ? flag.request : 0);
    const body = request ? [request, bytes] : [bytes];
    offsets.push(position);
    parts.push(headOf(body, bits, options.seed, position), ...body);
    position += FRAME_HEAD_BYTES + bytes.length + (request?.length ?? 0);
  }
  return { parts, offsets, bytes: position - options.position };
}

/** The frame that ends a stream. */
export function endFrame({ seed, position }: FrameOptions): Frames {
  const parts = [headOf([], flag.end | flag.committed, seed, position)];
  return { parts, offsets: [], bytes: FRAME_HEAD_BYTES };
}

function headOf(body: readonly Buffer[], flags: number, seed: number, position: number): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES);
  const check = checkOf(length, flags, seed, position);
  head.writeUInt32LE(length, 0);
  head.writeUInt32LE((flags | ((check & 0xffffff) << 8)) >>> 0, 4);
  let crc = check;
  for (const part of body) crc = checksum(part, crc);
  head.writeUInt32LE(crc, 8);
  return head;
}

/** Of no bytes Node 22 gives 0 or the seed, depending on how they were allocated. */
function checksum(bytes: Buffer, seed: number): number {
  return bytes.length === 0 ? seed : crc32(bytes, seed);
}

function checkOf(length: number, flags: number, seed: number, position: number): number {
  checked.writeUInt32LE(length, 0);
  checked.writeUInt8(flags, 4);
  checked.writeUIntLE(position, 5, 6);
  return crc32(checked, seed);
}

/** Undefined: these bytes are no frame's head at this place. */
export function readHead(bytes: Buffer, seed: number, position: number): FrameHead | undefined {
  const length = bytes.readUInt32LE(0);
  const second = bytes.readUInt32LE(4);
  const flags = second & 0xff;
  const check = checkOf(length, flags, seed, position);
  if (second >>> 8 !== (check & 0xffffff) || flags > everyFlag) return undefined;
  return { length, flags, crc: bytes.readUInt32LE(8), seed: check };
}

export function isCommitted(head: FrameHead): boolean {
  return (head.flags & flag.committed) !== 0;
}

export function isEnd(head: FrameHead): boolean {
  return (head.flags & flag.end) !== 0;
}

export function hasRequest(head: FrameHead): boolean {
  return (head.flags & flag.request) !== 0;
}

/** What the body of a frame holds, detached from it; undefined when its checksum does not fit. */
export function payloadOf(head: FrameHead, body: Buffer): Payload | undefined {
  if (checksum(body, head.seed) !== head.crc) return undefined;
  const bytes = hasRequest(head) ? body.subarray(REQUEST_BYTES) : body;
  if (head.flags & flag.bytes) return new Uint8Array(bytes);
  return bytes.toString(head.flags & flag.utf16 ? 'utf16le' : 'utf8');
}

function bodyOf(chunk: Payload): { readonly bytes: Buffer; readonly flags: number } {
  if (typeof chunk !== 'string') {
    return { bytes: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), flags: flag.bytes };
  }
  // UTF-8 has no form for half a surrogate pair; the text comes back as it was given all the same.
  const encoding = chunk.isWellFormed() ? 'utf8' : 'utf16le';
  return { bytes: Buffer.from(chunk, encoding), flags: encoding === 'utf8' ? 0 : flag.utf16 };
}
