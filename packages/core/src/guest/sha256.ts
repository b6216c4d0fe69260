/** SHA-256 (FIPS 180-4): the guest has no host crypto, and needs it synchronously. */

const rounds = 64;
/** Made at the first use. */
let constants!: Uint32Array;
let initial!: Uint32Array;

/** The first 32 fractional bits of square and cube roots of the primes. */
function prepare(): void {
  constants = new Uint32Array(rounds);
  initial = new Uint32Array(8);
  let count = 0;
  for (let candidate = 2; count < rounds; candidate += 1) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) {
      if (candidate % divisor === 0) prime = false;
    }
    if (!prime) continue;
    if (count < 8) initial[count] = fraction(candidate ** (1 / 2));
    constants[count] = fraction(candidate ** (1 / 3));
    count += 1;
  }
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

/** A message with its padding, for blocks of 64 or 128 bytes; the length goes into the last eight. */
export function padded(bytes: Uint8Array, block: 64 | 128): DataView<ArrayBuffer> {
  const length = Math.ceil((bytes.length + 1 + block / 8) / block) * block;
  const message = new Uint8Array(length);
  message.set(bytes);
  message[bytes.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setUint32(length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(length - 4, bytes.length * 8);
  return view;
}

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

function expand(schedule: Uint32Array, view: DataView, offset: number): void {
  for (let i = 0; i < 16; i += 1) schedule[i] = view.getUint32(offset + i * 4);
  for (let i = 16; i < rounds; i += 1) {
    const a = schedule[i - 15]!;
    const b = schedule[i - 2]!;
    const small = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const large = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    schedule[i] = (schedule[i - 16]! + small + schedule[i - 7]! + large) | 0;
  }
}

function compress(state: Uint32Array, schedule: Uint32Array): void {
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < rounds; i += 1) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const first =
      (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + constants[i]! + schedule[i]!) | 0;
    const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  const words = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i += 1) state[i] = state[i]! + words[i]!;
}

export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!initial) prepare();
  const view = padded(bytes, 64);
  const state = initial.slice();
  const schedule = new Uint32Array(rounds);
  for (let offset = 0; offset < view.byteLength; offset += 64) {
    expand(schedule, view, offset);
    compress(state, schedule);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 8; i += 1) digest.setUint32(i * 4, state[i]!);
  return new Uint8Array(digest.buffer);
}
