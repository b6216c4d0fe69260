/**
 * Stored payloads as values to look at, without the engine: no step, class or key of the app is needed.
 *
 * Readable payloads are devalue text. Errors and functions in it are records under tags of the engine's codec.
 */
import { type InspectOptions, inspect } from 'node:util';
import type { Payload } from '@perdure/world';
import { parse } from 'devalue';

interface ErrorRecord {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly stack?: unknown;
  readonly cause?: readonly [unknown];
  readonly errors?: readonly unknown[];
  readonly fields?: Readonly<Record<string, unknown>>;
}

const revivers = {
  /** A step or workflow that was passed as a value; its name is its id. */
  Function: ({ id }: { id?: unknown }): unknown =>
    Object.defineProperty(() => undefined, 'name', { value: String(id) }),
  Error: ({ name, message, stack, cause, errors, fields }: ErrorRecord): Error => {
    const error = errors ? new AggregateError(errors, String(message)) : new Error(String(message));
    for (const [key, value] of Object.entries({ ...fields, name: String(name) })) {
      Object.defineProperty(error, key, {
        value,
        enumerable: key !== 'name',
        configurable: true,
        writable: true,
      });
    }
    const text = typeof stack === 'string' ? stack : `${String(name)}: ${String(message)}`;
    Object.defineProperty(error, 'stack', { value: text, enumerable: false });
    if (cause) Object.defineProperty(error, 'cause', { value: cause[0], enumerable: false });
    return error;
  },
};

export type Opened =
  | { readonly kind: 'value'; readonly value: unknown }
  /** `text` stands for a payload that cannot be shown. */
  | { readonly kind: 'closed'; readonly text: '(sealed)' | '(unreadable)' };

export function openPayload(payload: Payload): Opened {
  if (typeof payload !== 'string') return { kind: 'closed', text: '(sealed)' };
  try {
    return { kind: 'value', value: parse(payload, revivers) };
  } catch {
    return { kind: 'closed', text: '(unreadable)' };
  }
}

/** The arguments in the input of a run or a step. */
export function openArguments(input: Payload): Opened {
  const opened = openPayload(input);
  if (opened.kind === 'closed') return opened;
  const { args } = (opened.value ?? {}) as { args?: unknown };
  return Array.isArray(args) ? { kind: 'value', value: args } : opened;
}

const shortCharactersMax = 120;
const short: InspectOptions = {
  depth: 3,
  breakLength: Number.POSITIVE_INFINITY,
  compact: true,
  maxArrayLength: 8,
  maxStringLength: 80,
};

/** A value in a few words on one line. */
export function shortText(value: unknown): string {
  const text = value instanceof Error ? `${value.name}: ${value.message}` : inspect(value, short);
  const line = text.replace(/\s*\n\s*/g, ' ');
  return line.length > shortCharactersMax ? `${line.slice(0, shortCharactersMax - 1)}…` : line;
}

export function shortPayload(payload: Payload): string {
  const opened = openPayload(payload);
  return opened.kind === 'closed' ? opened.text : shortText(opened.value);
}

/** Arguments as they stand in a call, with the parentheses. */
export function shortArguments(input: Payload): string {
  const opened = openArguments(input);
  if (opened.kind === 'closed') return `(${opened.text.slice(1, -1)})`;
  return Array.isArray(opened.value)
    ? `(${opened.value.map(shortText).join(', ')})`
    : `(${shortText(opened.value)})`;
}
