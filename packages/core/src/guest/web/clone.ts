/** `structuredClone` (HTML, 2.7), for what a workflow has. */
import { isError } from '../../payload/error-record.ts';
import { domExceptionClass } from './dom-exception.ts';

const errorNames = new Set([
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
]);

function refuse(value: unknown): never {
  const what = typeof value === 'object' ? (Object.prototype.toString.call(value) as string) : typeof value;
  throw new (domExceptionClass())(`${what} could not be cloned.`, 'DataCloneError');
}

export function structuredCloneOf(
  value: unknown,
  options?: { transfer?: readonly unknown[] } | null,
): unknown {
  if (options?.transfer && options.transfer.length > 0)
    throw new (domExceptionClass())(
      'A workflow has nothing to transfer to: clone without the option.',
      'DataCloneError',
    );
  return clone(value, new Map());
}

function clone(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return refuse(value);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = <T>(copy: T): T => {
    seen.set(value, copy);
    return copy;
  };
  if (Array.isArray(value)) return fields(value, keep(new Array(value.length)), seen);
  if (isError(value)) return cloneError(value, keep, seen);
  switch (Object.prototype.toString.call(value).slice(8, -1)) {
    case 'Boolean':
    case 'Number':
    case 'String':
    case 'BigInt':
      return keep(Object((value as { valueOf(): unknown }).valueOf()));
    case 'Date':
      return keep(new Date((value as Date).getTime()));
    case 'RegExp':
      return keep(new RegExp((value as RegExp).source, (value as RegExp).flags));
    case 'ArrayBuffer':
      return keep((value as ArrayBuffer).slice(0));
    case 'Map': {
      const copy = keep(new Map());
      for (const [key, member] of [...(value as Map<unknown, unknown>)])
        copy.set(clone(key, seen), clone(member, seen));
      return copy;
    }
    case 'Set': {
      const copy = keep(new Set());
      for (const member of [...(value as Set<unknown>)]) copy.add(clone(member, seen));
      return copy;
    }
  }
  if (ArrayBuffer.isView(value)) return keep(cloneView(value, seen));
  return isOpaque(value) ? refuse(value) : fields(value, keep({}), seen);
}

/** Objects with a state that their properties do not show. */
function isOpaque(value: object): boolean {
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) return true;
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return typeof tag === 'string' && Object.getPrototypeOf(value) !== Object.prototype && tag in globalThis;
}

function fields(from: object, to: object, seen: Map<object, unknown>): object {
  for (const key of Object.keys(from)) {
    const value = clone((from as Record<string, unknown>)[key], seen);
    Object.defineProperty(to, key, { value, writable: true, configurable: true, enumerable: true });
  }
  return to;
}

function cloneView(view: ArrayBufferView, seen: Map<object, unknown>): ArrayBufferView {
  const buffer = clone(view.buffer, seen) as ArrayBuffer;
  const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
  const Class = view.constructor as new (
    buffer: ArrayBuffer,
    offset: number,
    length: number,
  ) => ArrayBufferView;
  return new Class(buffer, view.byteOffset, length);
}

function cloneError(error: Error, keep: <T>(copy: T) => T, seen: Map<object, unknown>): Error {
  if (error instanceof domExceptionClass()) return keep(new (domExceptionClass())(error.message, error.name));
  const name = errorNames.has(error.name) ? error.name : 'Error';
  const Class = (globalThis as unknown as Record<string, ErrorConstructor>)[name]!;
  const copy = keep(new Class(error.message));
  const hide = (key: string, value: unknown): void => {
    Object.defineProperty(copy, key, { value, writable: true, configurable: true });
  };
  if (typeof error.stack === 'string') hide('stack', error.stack);
  if (Object.hasOwn(error, 'cause')) hide('cause', clone(error.cause, seen));
  return copy;
}
