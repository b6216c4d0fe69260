/** SHA-384 and SHA-512 (FIPS 180-4), each 64-bit word as two halves. */
import { padded } from './sha256.ts';

const rounds = 80;
/** High and low halves by turns; made at the first use. */
let constants!: Int32Array;
let initial!: Readonly<Record<'SHA-384' | 'SHA-512', Int32Array>>;

/** The first 64 fractional bits of square roots (2) and cube roots (3) of primes. */
function fraction(prime: number, degree: 2 | 3): bigint {
  const shifted = BigInt(prime) << BigInt(64 * degree);
  let root = BigInt(Math.floor(prime ** (1 / degree) * 2 ** 40)) << 24n;
  // Newton's method from 40 bits that are right.
  for (let i = 0; i < 3; i += 1)
    root = degree === 2 ? (root + shifted / root) / 2n : (2n * root + shifted / (root * root)) / 3n;
  while (root ** BigInt(degree) > shifted) root -= 1n;
  return BigInt.asUintN(64, root);
}

function put(words: Int32Array, index: number, word: bigint): void {
  words[index * 2] = Number(BigInt.asIntN(32, word >> 32n));
  words[index * 2 + 1] = Number(BigInt.asIntN(32, word));
}

function prepare(): void {
  constants = new Int32Array(rounds * 2);
  initial = { 'SHA-384': new Int32Array(16), 'SHA-512': new Int32Array(16) };
  let count = 0;
  for (let candidate = 2; count < rounds; candidate += 1) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) {
      if (candidate % divisor === 0) prime = false;
    }
    if (!prime) continue;
    put(constants, count, fraction(candidate, 3));
    if (count < 8) put(initial['SHA-512'], count, fraction(candidate, 2));
    else if (count < 16) put(initial['SHA-384'], count - 8, fraction(candidate, 2));
    count += 1;
  }
}

/** Halves of `x` rotated right by `n` and exclusive-or'ed with what was there. */
const rotateHigh = (high: number, low: number, n: number): number =>
  n < 32 ? (high >>> n) | (low << (32 - n)) : (low >>> (n - 32)) | (high << (64 - n));
const rotateLow = (high: number, low: number, n: number): number => rotateHigh(low, high, n);
const carry = (sum: number): number => Math.floor(sum / 2 ** 32);

function expand(w: Int32Array, view: DataView, offset: number): void {
  for (let i = 0; i < 32; i += 1) w[i] = view.getInt32(offset + i * 4);
  for (let i = 32; i < rounds * 2; i += 2) {
    const [ah, al, bh, bl] = [w[i - 30]!, w[i - 29]!, w[i - 4]!, w[i - 3]!];
    const smallHigh = rotateHigh(ah, al, 1) ^ rotateHigh(ah, al, 8) ^ (ah >>> 7);
    const smallLow = rotateLow(ah, al, 1) ^ rotateLow(ah, al, 8) ^ ((al >>> 7) | (ah << 25));
    const largeHigh = rotateHigh(bh, bl, 19) ^ rotateHigh(bh, bl, 61) ^ (bh >>> 6);
    const largeLow = rotateLow(bh, bl, 19) ^ rotateLow(bh, bl, 61) ^ ((bl >>> 6) | (bh << 26));
    const low = (w[i - 31]! >>> 0) + (smallLow >>> 0) + (w[i - 13]! >>> 0) + (largeLow >>> 0);
    w[i] = (w[i - 32]! + smallHigh + w[i - 14]! + largeHigh + carry(low)) | 0;
    w[i + 1] = low | 0;
  }
}

function compress(state: Int32Array, w: Int32Array): void {
  const s = state.slice();
  for (let i = 0; i < rounds * 2; i += 2) {
    const [ah, al, eh, el] = [s[0]!, s[1]!, s[8]!, s[9]!];
    const largeHigh = rotateHigh(eh, el, 14) ^ rotateHigh(eh, el, 18) ^ rotateHigh(eh, el, 41);
    const largeLow = rotateLow(eh, el, 14) ^ rotateLow(eh, el, 18) ^ rotateLow(eh, el, 41);
    const choiceHigh = (eh & s[10]!) ^ (~eh & s[12]!);
    const choiceLow = (el & s[11]!) ^ (~el & s[13]!);
    const firstSum =
      (s[15]! >>> 0) + (largeLow >>> 0) + (choiceLow >>> 0) + (constants[i + 1]! >>> 0) + (w[i + 1]! >>> 0);
    const firstHigh = (s[14]! + largeHigh + choiceHigh + constants[i]! + w[i]! + carry(firstSum)) | 0;
    const firstLow = firstSum >>> 0;
    const smallHigh = rotateHigh(ah, al, 28) ^ rotateHigh(ah, al, 34) ^ rotateHigh(ah, al, 39);
    const smallLow = rotateLow(ah, al, 28) ^ rotateLow(ah, al, 34) ^ rotateLow(ah, al, 39);
    const majorityHigh = (ah & s[2]!) ^ (ah & s[4]!) ^ (s[2]! & s[4]!);
    const majorityLow = (al & s[3]!) ^ (al & s[5]!) ^ (s[3]! & s[5]!);
    const nextE = (s[7]! >>> 0) + firstLow;
    const nextA = firstLow + (smallLow >>> 0) + (majorityLow >>> 0);
    const eHigh = (s[6]! + firstHigh + carry(nextE)) | 0;
    s.copyWithin(2, 0, 14);
    s[0] = (firstHigh + smallHigh + majorityHigh + carry(nextA)) | 0;
    s[1] = nextA | 0;
    s[8] = eHigh;
    s[9] = nextE | 0;
  }
  for (let i = 0; i < 16; i += 2) {
    const low = (state[i + 1]! >>> 0) + (s[i + 1]! >>> 0);
    state[i] = (state[i]! + s[i]! + carry(low)) | 0;
    state[i + 1] = low | 0;
  }
}

export function sha512(bytes: Uint8Array, kind: 'SHA-384' | 'SHA-512'): Uint8Array<ArrayBuffer> {
  if (!initial) prepare();
  const view = padded(bytes, 128);
  const state = initial[kind].slice();
  const schedule = new Int32Array(rounds * 2);
  for (let offset = 0; offset < view.byteLength; offset += 128) {
    expand(schedule, view, offset);
    compress(state, schedule);
  }
  const digest = new DataView(new ArrayBuffer(64));
  for (const [i, word] of state.entries()) digest.setInt32(i * 4, word);
  return new Uint8Array(digest.buffer.slice(0, kind === 'SHA-384' ? 48 : 64));
}
