/** How the writer spells strings, paths and kinds of values. */
import { bigintDigitsMax } from './limits.ts';
import type { Realm, StoredClass } from './realm.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped.
const escaped = /["<\\\u0000-\u001f\u2028\u2029]/;
const leftRaw = /[<\u2028\u2029]/g;
const identifier = /^[A-Za-z_$][\w$]*$/;

/** A string as JSON; escapes what would be no JSON, no UTF-8 or no line of text. */
export function quote(text: string): string {
  if (!escaped.test(text) && text.isWellFormed()) return `"${text}"`;
  return JSON.stringify(text).replace(
    leftRaw,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

/** A Map's key as a part of a path. */
export class MapKey {
  readonly key: unknown;
  constructor(key: unknown) {
    this.key = key;
  }
}

export function pathText(path: readonly unknown[]): string {
  const parts = path.map((part) => {
    if (part instanceof MapKey) {
      const primitive = part.key === null || !/object|function|symbol/.test(typeof part.key);
      return `.get(${primitive ? (typeof part.key === 'string' ? JSON.stringify(part.key) : String(part.key)) : '...'})`;
    }
    if (typeof part === 'number') return `[${part}]`;
    return identifier.test(String(part)) ? `.${String(part)}` : `[${JSON.stringify(part)}]`;
  });
  return parts.length > 24 ? `${parts.slice(0, 12).join('')}…${parts.slice(-8).join('')}` : parts.join('');
}

export const tagOf: (value: object) => string = (value) => Object.prototype.toString.call(value).slice(8, -1);

export function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== ''
    ? `an instance of ${name}`
    : 'an object with a prototype of its own';
}

/** The indexes that an array has values at, in order. */
export function filledIndexes(array: readonly unknown[]): string[] {
  const keys = Object.keys(array);
  const end = keys.findIndex((key) => String(Number(key) >>> 0) !== key);
  return end < 0 ? keys : keys.slice(0, end);
}

/** Counts only where the answer is not plain. */
export function utf8LengthExceeds(text: string, max: number): boolean {
  if (text.length * 3 <= max) return false;
  let length = text.length;
  for (let i = 0; i < text.length && length <= max; i += 1) {
    const unit = text.charCodeAt(i);
    // A surrogate is half of four bytes.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length > max;
}

/** The node of an object that refers to nothing; undefined for others. */
export function leafText(value: object, tag: string): string | undefined {
  switch (tag) {
    case 'Date': {
      const time = Date.prototype.getTime.call(value);
      return `["Date","${Number.isNaN(time) ? '' : Date.prototype.toISOString.call(value)}"]`;
    }
    case 'RegExp': {
      const { source, flags } = value as RegExp;
      return flags ? `["RegExp",${quote(source)},"${flags}"]` : `["RegExp",${quote(source)}]`;
    }
    case 'URL':
    case 'URLSearchParams':
      return value instanceof globalThis[tag] ? `["${tag}",${quote(String(value))}]` : undefined;
    default:
      return undefined;
  }
}

/** Undefined when there are too many digits. */
export function bigintText(value: bigint): string | undefined {
  // Hexadecimal digits take linear time to make, decimal ones do not.
  const short = BigInt.asIntN(64, value) === value;
  if (!short && value.toString(16).length * 1.205 > bigintDigitsMax) return undefined;
  return `["BigInt","${value}"]`;
}

/** The registered class that an object is a direct instance of. */
export function classOf(
  value: object,
  classes: Realm['classes'],
): { id: string; cls: StoredClass & Record<symbol, unknown> } | undefined {
  const cls: unknown = (value as { constructor?: unknown }).constructor;
  if (typeof cls !== 'function' || !Object.hasOwn(cls, 'classId')) return undefined;
  const id = (cls as { classId?: unknown }).classId;
  if (typeof id !== 'string' || classes.get(id) !== cls) return undefined;
  return { id, cls: cls as unknown as StoredClass & Record<symbol, unknown> };
}
