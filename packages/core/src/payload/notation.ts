/**
 * The notation of stored text, which is devalue's: a JSON array of nodes, the value being node 0. A node is a
 * primitive, an object or array of references, or an array with a tag first. References are indexes of nodes;
 * negative ones stand for what JSON lacks. Text of one such value is the number alone.
 *
 * Ours beyond devalue: the tags `Error`, `Function`, `Class` and those of `Realm.types`; an own key `__proto__`; and
 * large buffers, `["ArrayBuffer", start, length]`, whose base64 stands behind the array, after a line feed.
 */
export const absent: -1 = -1;
export const hole: -2 = -2;
export const notANumber: -3 = -3;
export const positiveInfinity: -4 = -4;
export const negativeInfinity: -5 = -5;
export const negativeZero: -6 = -6;
export const sparse: -7 = -7;

/** Tags of views of an ArrayBuffer, with the bytes of an element. */
export const viewTags: ReadonlyMap<string, number> = new Map([
  ['Int8Array', 1],
  ['Uint8Array', 1],
  ['Uint8ClampedArray', 1],
  ['Int16Array', 2],
  ['Uint16Array', 2],
  ['Float16Array', 2],
  ['Int32Array', 4],
  ['Uint32Array', 4],
  ['Float32Array', 4],
  ['Float64Array', 8],
  ['BigInt64Array', 8],
  ['BigUint64Array', 8],
  ['DataView', 1],
]);
