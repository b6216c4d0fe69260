/** What stands for a Request or Response in a payload, on both sides. */
import { payloadInvalid } from '../payload-messages.ts';

export interface ResponseRecord {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: [string, string][];
  readonly body: ArrayBuffer | ReadableStream | undefined;
}

export interface RequestRecord {
  readonly method: string;
  readonly url: string;
  readonly headers: [string, string][];
  readonly redirect: string;
  readonly credentials: string;
  readonly body: ArrayBuffer | ReadableStream | undefined;
}

interface Primitives {
  number: number;
  string: string;
}

/** A member of a record that was read. Throws `PayloadError`. */
export function fieldOf<Kind extends keyof Primitives>(
  record: object,
  key: string,
  kind: Kind,
): Primitives[Kind] {
  const value = Object.hasOwn(record, key) ? (record as Record<string, unknown>)[key] : undefined;
  if (typeof value !== kind) throw payloadInvalid(`${key} is no ${kind}`);
  return value as Primitives[Kind];
}

/** Throws `PayloadError`. */
export function headerPairs(data: unknown): [string, string][] {
  const pairs = Array.isArray(data) ? data : [undefined];
  for (const pair of pairs) {
    if (
      !Array.isArray(pair) ||
      typeof pair[0] !== 'string' ||
      typeof pair[1] !== 'string' ||
      pair.length !== 2
    )
      throw payloadInvalid('headers that are none');
  }
  return pairs as [string, string][];
}

/** A body as a record has it: bytes, or a stream of a run. */
export function bodyIn({ body }: { readonly body: unknown }): ArrayBuffer | ReadableStream | null {
  return body instanceof ArrayBuffer || body instanceof ReadableStream ? body : null;
}
