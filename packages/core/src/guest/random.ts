/**
 * Randomness of a run: seeded by its secret seed, the same on every replay (E5).
 *
 * Numbers come from sfc32 (Chris Doty-Humphrey's generator of PractRand). Tokens come from SHA-256 of the seed
 * and a counter, so that no observed number or token tells another token.
 */
import { sha256 } from './sha256.ts';
import { init } from './state.ts';

let a = 0;
let b = 0;
let c = 0;
let counter = 1;
let seeded = false;
let tokens = 0;

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function seedNumbers(): void {
  const view = new DataView(sha256(asciiBytes(`numbers ${init.seed}`)).buffer);
  a = view.getInt32(0);
  b = view.getInt32(4);
  c = view.getInt32(8);
  seeded = true;
  for (let i = 0; i < 12; i += 1) nextWord();
}

/** 32 random bits. */
export function nextWord(): number {
  if (!seeded) seedNumbers();
  const sum = (a + b + counter) | 0;
  counter = (counter + 1) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = (((c << 21) | (c >>> 11)) + sum) | 0;
  return sum >>> 0;
}

/** In [0, 1), with 53 random bits. */
export function nextNumber(): number {
  return ((nextWord() >>> 5) * 2 ** 26 + (nextWord() >>> 6)) / 2 ** 53;
}

/** Throws a DOMException named as the standard names it. */
export function fillRandom<T extends ArrayBufferView | null>(target: T): T {
  if (!ArrayBuffer.isView(target) || /Float|DataView/.test(Object.prototype.toString.call(target))) {
    throw new DOMException('Expected an integer typed array.', 'TypeMismatchError');
  }
  if (target.byteLength > 65_536)
    throw new DOMException('Expected at most 65,536 bytes to be filled.', 'QuotaExceededError');
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = nextWord() & 0xff;
  return target;
}

export function randomUuid(): string {
  const bytes = fillRandom(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** An unguessable token of 256 bits, in hexadecimal. */
export function nextToken(): string {
  const digest = sha256(asciiBytes(`token ${init.seed} ${tokens}`));
  tokens += 1;
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
