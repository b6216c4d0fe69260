/** Bounds of a stored value: the writer refuses what the reader would, and the reader checks before it builds. */

let payloadBytes = 52_428_800;

/** Bytes of a text, of what a compressed payload opens to, and of a body that is read as a whole. */
export function payloadBytesMax(): number {
  return payloadBytes;
}

/** In a sandbox what its runtime allows; on the host the most that any runtime of the process does. */
export function allowPayloadBytes(bytes: number): void {
  payloadBytes = bytes;
}

/** Bytes up to which the body of a Request or Response stands among the values; a longer one becomes a stream. */
export const inlineBodyBytesMax = 1_048_576;

/** Objects around a value. */
export const depthMax = 1_000;

/** Values in one payload, shared ones counted once. */
export const nodesMax = 4_000_000;

/** Length of an array; holes take no place in the text. */
export const arrayLengthMax = 33_554_432;

/** Decimal digits of a bigint: making one of more takes noticeable time. */
export const bigintDigitsMax = 500_000;

/** Bytes from which an ArrayBuffer stands behind the values instead of among them. */
export const attachedBytesMin = 16_384;
