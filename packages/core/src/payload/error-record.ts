/** Errors as records, and back: class, own fields, cause and stack. */
import {
  ContextError,
  DivergenceError,
  FatalError,
  HookConflictError,
  HookNotFoundError,
  LimitError,
  PayloadError,
  PerdureError,
  RetryableError,
  SerializationError,
  StepNotRegisteredError,
  WorkflowNotRegisteredError,
  WorkflowRunCancelledError,
  WorkflowRunFailedError,
  WorkflowRunNotFoundError,
} from '../errors.ts';
import type { Realm } from './realm.ts';

/** What is stored of an error; keys in this order. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Wrapped in an array, to tell an undefined cause from none. */
  readonly cause?: [unknown];
  readonly errors?: unknown[];
  readonly fields?: Record<string, unknown>;
  /** Id of a class that a workflow or step module declares, or `DOMException`. */
  readonly class?: string;
}

type ErrorClass = new (message?: string) => Error;

const builtin: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ['Error', Error],
  ['EvalError', EvalError],
  ['RangeError', RangeError],
  ['ReferenceError', ReferenceError],
  ['SyntaxError', SyntaxError],
  ['TypeError', TypeError],
  ['URIError', URIError],
]);

/**
 * The engine's, one by one: a namespace would be made, getter by getter, in every context. Keys say their names, as a
 * bundler of the host may give the classes others. Made when an error crosses: most runs see none.
 */
let own: Readonly<Record<string, { readonly prototype: object }>> | undefined;

function ownClass(name: string): { readonly prototype: object } | undefined {
  own ??= {
    // Nothing but what is listed is found.
    __proto__: null,
    ContextError,
    DivergenceError,
    FatalError,
    HookConflictError,
    HookNotFoundError,
    LimitError,
    PayloadError,
    PerdureError,
    RetryableError,
    SerializationError,
    StepNotRegisteredError,
    WorkflowNotRegisteredError,
    WorkflowRunCancelledError,
    WorkflowRunFailedError,
    WorkflowRunNotFoundError,
  } as unknown as NonNullable<typeof own>;
  return own[name];
}

const hasErrorData = (Error as unknown as { isError?: (value: unknown) => boolean }).isError;

export function isError(value: unknown): value is Error {
  return value instanceof Error || hasErrorData?.(value) === true;
}

/** What has a place of its own in the record; `name` is a field, too, where a class declares it as one. */
const headFields = new Set(['name', 'message', 'stack', 'cause', 'errors']);
const domClass = 'DOMException';

/** `classId` is the id of the error's class, where that is known. */
export function errorRecord(
  error: Error,
  tag: string,
  realm: Realm,
  classId: string | undefined,
): ErrorRecord {
  const fields: Record<string, unknown> = {};
  let some = false;
  for (const key of Object.keys(error)) {
    if (headFields.has(key) && key !== 'name') continue;
    define(fields, key, (error as unknown as Record<string, unknown>)[key]);
    some = true;
  }
  const { stack } = error;
  const id = classId ?? (tag === domClass ? domClass : undefined);
  return {
    name: String(error.name),
    message: String(error.message),
    ...(typeof stack === 'string' ? { stack: realm.stack ? realm.stack(stack) : stack } : {}),
    ...(Object.hasOwn(error, 'cause') ? { cause: [error.cause] as [unknown] } : {}),
    ...(error instanceof AggregateError ? { errors: [...error.errors] } : {}),
    ...(some ? { fields } : {}),
    ...(id === undefined ? {} : { class: id }),
  };
}

/** An error of the right class with nothing in it yet. */
export function blankError(name: string, message: string, classId: string | undefined, realm: Realm): Error {
  if (classId === domClass) return new DOMException(message, name) as unknown as Error;
  const known = classId === undefined ? undefined : realm.classes.get(classId);
  const Builtin = known ? Error : builtin.get(name);
  const error = Builtin ? new Builtin(message) : new Error(message);
  const prototype = known?.prototype ?? ownClass(name)?.prototype;
  if (prototype) Object.setPrototypeOf(error, prototype);
  return error;
}

export function blankAggregate(message: string, classId: string | undefined, realm: Realm): Error {
  const error = new AggregateError([], message);
  const known = classId === undefined ? undefined : realm.classes.get(classId);
  return known ? Object.setPrototypeOf(error, known.prototype) : error;
}

/** Fills a blank error; parts that are undefined were not stored. */
export function fillError(
  error: Error,
  parts: { name: string; stack: unknown; fields: unknown; cause: unknown; errors: unknown },
): void {
  const { name, stack, fields, cause } = parts;
  if (typeof fields === 'object' && fields !== null) {
    for (const key of Object.keys(fields)) {
      // Read-only on the prototype or not: an own field is what was stored.
      if (!headFields.has(key) || key === 'name')
        define(error, key, (fields as Record<string, unknown>)[key]);
    }
  }
  if (error.name !== name || (ownClass(name) && !Object.hasOwn(error, 'name'))) hide(error, 'name', name);
  if (typeof stack === 'string') hide(error, 'stack', stack);
  if (Array.isArray(cause)) hide(error, 'cause', cause[0]);
  if (Array.isArray(parts.errors)) hide(error, 'errors', parts.errors);
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable: true });
}

function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable: false });
}
