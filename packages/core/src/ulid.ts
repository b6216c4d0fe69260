import { createHash, randomBytes } from 'node:crypto';

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
let lastTime = 0;
let lastRandom = 0n;

function encode(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = digits[Number(rest & 31n)] + text;
  return text;
}

/**
 * A ULID: 48 bits of time and 80 random bits, as 26 digits of Crockford's base 32 that sort by time.
 *
 * Within one millisecond the random part counts up, so that ids of one process sort by creation
 * (github.com/ulid/spec, monotonicity).
 */
export function ulid(now: number): string {
  if (now > lastTime) {
    lastTime = now;
    lastRandom = BigInt(`0x${randomBytes(10).toString('hex')}`) >> 1n;
  } else {
    lastRandom += 1n;
  }
  return encode(BigInt(lastTime), 10) + encode(lastRandom, 16);
}

/** The ULID that a time and a text always give: for what must get the same id when it is made again. */
export function ulidOf(time: number, text: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 20);
  return encode(BigInt(Math.floor(time)), 10) + encode(BigInt(`0x${hash}`), 16);
}
