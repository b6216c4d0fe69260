/** What the reader makes of parts that refer to nothing, each checked before it is built. */
import { payloadInvalid } from '../payload-messages.ts';
import { fromBase64 } from './base64.ts';
import { bigintDigitsMax } from './limits.ts';
import { absent, negativeInfinity, negativeZero, notANumber, positiveInfinity } from './notation.ts';

export type Node = readonly unknown[];

/** Throws `PayloadError`. */
export function broken(problem: string): never {
  throw payloadInvalid(problem);
}

export function stringOf(value: unknown, what: string): string {
  return typeof value === 'string' ? value : broken(`${what} is no string`);
}

/** What a negative reference stands for. */
export function special(reference: number): unknown {
  switch (reference) {
    case absent:
      return undefined;
    case notANumber:
      return Number.NaN;
    case positiveInfinity:
      return Number.POSITIVE_INFINITY;
    case negativeInfinity:
      return Number.NEGATIVE_INFINITY;
    case negativeZero:
      return -0;
    default:
      return broken(`reference ${reference}`);
  }
}

export function isIndex(value: unknown, end: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < end;
}

/** An own property, whatever the key. */
export function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, configurable: true, enumerable: true });
}

export function bytesOf(base64: string): ArrayBuffer {
  return fromBase64(base64)?.buffer ?? broken('bytes that are no base64');
}

export function bigintOf(text: unknown): bigint {
  const digits = stringOf(text, 'a bigint');
  if (digits.length > bigintDigitsMax + 1 || !/^-?\d+$/.test(digits)) return broken('the digits of a bigint');
  return BigInt(digits);
}

export function regExpOf([, source, flags = '']: Node): RegExp {
  try {
    return new RegExp(stringOf(source, 'a pattern'), stringOf(flags, 'flags'));
  } catch (cause) {
    throw payloadInvalid('a pattern that is none', cause);
  }
}

export function webTextOf(tag: 'URL' | 'URLSearchParams', text: string): object {
  try {
    return new globalThis[tag](text);
  } catch (cause) {
    throw payloadInvalid(`a ${tag} that is none`, cause);
  }
}
