/**
 * Values to text and back: devalue with reducers of ours.
 *
 * This one file runs on the host and, bundled into the program, in the guest, so that each side builds values
 * of its own realm. Text is the only form in which user data crosses between the two (E2).
 */
import { parse, stringify } from 'devalue';
import * as errors from '../errors.ts';
import { notSerializable, payloadInvalid } from '../messages.ts';

/** A function that crosses by name: a step (with what it closes over) or a workflow. */
export interface FunctionReference {
  readonly kind: 'step' | 'workflow';
  readonly id: string;
  readonly closure?: unknown;
}

/** How a realm names its functions, and finds them again. */
export interface FunctionTable {
  /** The part of a stack that is the user's business. Default: all of it. */
  stack?(text: string): string;
  describe(value: unknown): FunctionReference | undefined;
  resolve(reference: FunctionReference): unknown;
}

export interface Codec {
  /** Throws `SerializationError` with the path of what cannot be stored. */
  stringify(value: unknown): string;
  /** Throws `PayloadError`. */
  parse(text: string): unknown;
}

interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Wrapped in an array, to tell an undefined cause from none. */
  readonly cause?: [unknown];
  readonly errors?: unknown[];
  readonly fields?: Record<string, unknown>;
}

const builtin: Record<string, new (message?: string) => Error> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

const own: Record<string, { prototype: object }> = {};
for (const [name, value] of Object.entries(errors)) {
  if (typeof value === 'function' && name.endsWith('Error'))
    own[name] = value as unknown as { prototype: object };
}

const isError: (value: unknown) => value is Error =
  (Error as unknown as { isError?: (value: unknown) => value is Error }).isError ??
  ((value): value is Error => value instanceof Error);

const headFields = new Set(['name', 'message', 'stack', 'cause', 'errors']);

function reduceError(value: unknown, stackOf: (text: string) => string): ErrorRecord | false {
  if (!isError(value)) return false;
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (!headFields.has(key)) fields[key] = (value as unknown as Record<string, unknown>)[key];
  }
  return {
    name: String(value.name),
    message: String(value.message),
    ...(typeof value.stack === 'string' ? { stack: stackOf(value.stack) } : {}),
    ...(Object.hasOwn(value, 'cause') ? { cause: [value.cause] as [unknown] } : {}),
    ...(value instanceof AggregateError ? { errors: [...value.errors] } : {}),
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
  };
}

function blankError(record: ErrorRecord): Error {
  if (Array.isArray(record.errors)) return new AggregateError(record.errors, record.message);
  if (Object.hasOwn(builtin, record.name)) return new builtin[record.name]!(record.message);
  const error = new Error(record.message);
  if (Object.hasOwn(own, record.name)) Object.setPrototypeOf(error, own[record.name]!.prototype);
  return error;
}

function hidden(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable: false });
}

function reviveError(record: ErrorRecord): Error {
  if (typeof record !== 'object' || record === null || typeof record.message !== 'string') {
    throw payloadInvalid('an error record without a message');
  }
  const error = blankError(record);
  for (const [key, value] of Object.entries(record.fields ?? {})) {
    if (key !== '__proto__')
      Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: true });
  }
  if (error.name !== record.name || Object.hasOwn(own, record.name))
    hidden(error, 'name', String(record.name));
  if (typeof record.stack === 'string') hidden(error, 'stack', record.stack);
  if (Array.isArray(record.cause)) hidden(error, 'cause', record.cause[0]);
  return error;
}

/** `what` is refused by devalue; its path comes with the error, as `.args[0].x`. */
function refusal(error: unknown): Error {
  const { name, path, value } = error as { name?: string; path?: string; value?: unknown };
  if (name !== 'DevalueError') return error as Error;
  const prototype = typeof value === 'object' && value ? Object.getPrototypeOf(value) : undefined;
  const kind = prototype?.constructor?.name
    ? `an instance of ${prototype.constructor.name}`
    : `a ${typeof value}`;
  return notSerializable(kind, path ?? '');
}

/** Makes the codec of one realm. */
export function createCodec(functions: FunctionTable): Codec {
  const stackOf = functions.stack ?? ((text: string) => text);
  const reducers = {
    Function: (value: unknown): unknown => {
      if (typeof value !== 'function') return false;
      const reference = functions.describe(value);
      if (!reference) return false;
      return reference.closure === undefined
        ? { kind: reference.kind, id: reference.id }
        : { kind: reference.kind, id: reference.id, closure: reference.closure };
    },
    Error: (value: unknown) => reduceError(value, stackOf),
  };
  const revivers = {
    Function: (reference: FunctionReference): unknown => functions.resolve(reference),
    Error: reviveError,
  };
  return {
    stringify(value) {
      try {
        return stringify(value, reducers);
      } catch (error) {
        throw refusal(error);
      }
    },
    parse(text) {
      try {
        return parse(text, revivers);
      } catch (error) {
        if (errors.PayloadError.is(error)) throw error;
        throw payloadInvalid(error instanceof Error ? error.message : String(error), error);
      }
    },
  };
}
