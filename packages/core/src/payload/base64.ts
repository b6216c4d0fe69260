/** Bytes as base64 and back, in both realms: by the engine's own means where it has them. */

interface NativeBytes {
  toBase64?(): string;
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const native = typeof (Uint8Array.prototype as NativeBytes).toBase64 === 'function';
/** Captured while the module loads: code of a workflow may define a `Buffer`. */
const HostBuffer: typeof Buffer | undefined = typeof Buffer === 'function' ? Buffer : undefined;
/** Groups of three bytes that are written in one go; the call takes as many arguments as four of each. */
const groupsMax = 4_096;

export function toBase64(bytes: Uint8Array): string {
  if (native) return (bytes as NativeBytes).toBase64!();
  if (HostBuffer) return HostBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; from += groupsMax * 3) {
    parts.push(encodeGroups(bytes, from, Math.min(bytes.length, from + groupsMax * 3)));
  }
  return parts.join('');
}

function encodeGroups(bytes: Uint8Array, from: number, to: number): string {
  const codes = new Uint8Array(Math.ceil((to - from) / 3) * 4).fill(61);
  let at = 0;
  for (let i = from; i < to; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    codes[at] = digits.charCodeAt(word >> 18);
    codes[at + 1] = digits.charCodeAt((word >> 12) & 63);
    if (i + 1 < to) codes[at + 2] = digits.charCodeAt((word >> 6) & 63);
    if (i + 2 < to) codes[at + 3] = digits.charCodeAt(word & 63);
    at += 4;
  }
  return String.fromCharCode.apply(null, codes as unknown as number[]);
}

let values: Int8Array | undefined;

function valueTable(): Int8Array {
  const table = new Int8Array(128).fill(-1);
  for (let i = 0; i < 64; i += 1) table[digits.charCodeAt(i)] = i;
  return table;
}

/** Undefined for what is no padded base64 in one piece. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const length = (text.length / 4) * 3 - padding;
  if (HostBuffer) {
    const bytes = new Uint8Array(length);
    const written = HostBuffer.from(bytes.buffer).write(text, 'base64');
    return written === length ? bytes : undefined;
  }
  return decodeDigits(text, length, text.length - padding);
}

function decodeDigits(text: string, length: number, to: number): Uint8Array<ArrayBuffer> | undefined {
  values ??= valueTable();
  const bytes = new Uint8Array(length);
  let at = 0;
  let word = 0;
  for (let i = 0; i < to; i += 1) {
    const value = values[text.charCodeAt(i)] ?? -1;
    if (value < 0) return undefined;
    word = (word << 6) | value;
    if (i % 4 === 0) continue;
    bytes[at] = word >> (6 - 2 * (i % 4));
    at += 1;
  }
  return bytes;
}
