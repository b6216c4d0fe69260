/**
 * Streams as a workflow sees them: handles. It can pass them on and return them; reading and writing is for steps.
 *
 * `streamName` is what a stream of the run is known by; a handle that nothing stands behind has none.
 */
import { named, once } from '../lazy.ts';
import { inStep } from './messages.ts';

export interface StreamFacts {
  /** Name of the stream of the run; undefined for the body of a message that is here already. */
  readonly streamName: string | undefined;
  readonly type: 'bytes' | 'values';
}

const facts = new WeakMap<object, StreamFacts>();
/** Given to a constructor by the engine alone. */
const making: unique symbol = Symbol('making');

export function streamFacts(value: unknown): StreamFacts | undefined {
  return typeof value === 'object' && value !== null ? facts.get(value) : undefined;
}

export function isStream(value: unknown): boolean {
  return streamFacts(value) !== undefined;
}

function refuseMethods(prototype: object, name: string, methods: readonly string[]): void {
  for (const method of methods) {
    const value = (): never => {
      throw inStep(`${name}.${method}()`);
    };
    Object.defineProperty(prototype, method, { value, writable: true, configurable: true });
  }
}

export const readableStreamClass: () => typeof ReadableStream = once(() => {
  class WorkflowReadableStream {
    constructor(token?: unknown) {
      if (token !== making) throw inStep('new ReadableStream()');
    }
    get locked(): boolean {
      return false;
    }
    [Symbol.asyncIterator](): never {
      throw inStep('for await of a ReadableStream');
    }
    static from(): never {
      throw inStep('ReadableStream.from()');
    }
  }
  const methods = ['cancel', 'getReader', 'pipeThrough', 'pipeTo', 'tee', 'values'];
  refuseMethods(WorkflowReadableStream.prototype, 'ReadableStream', methods);
  return named(WorkflowReadableStream, 'ReadableStream') as unknown as typeof ReadableStream;
});

export const writableStreamClass: () => typeof WritableStream = once(() => {
  class WorkflowWritableStream {
    constructor(token?: unknown) {
      if (token !== making) throw inStep('new WritableStream()');
    }
    get locked(): boolean {
      return false;
    }
  }
  refuseMethods(WorkflowWritableStream.prototype, 'WritableStream', ['abort', 'close', 'getWriter']);
  return named(WorkflowWritableStream, 'WritableStream') as unknown as typeof WritableStream;
});

export const transformStreamClass: () => typeof TransformStream = once(() => {
  class WorkflowTransformStream {
    constructor() {
      throw inStep('new TransformStream()');
    }
  }
  return named(WorkflowTransformStream, 'TransformStream') as unknown as typeof TransformStream;
});

type StreamClass = 'readable' | 'writable';

/** A handle of a stream of the run. */
export function streamHandle(kind: StreamClass, about: StreamFacts): object {
  const Class = (kind === 'readable' ? readableStreamClass() : writableStreamClass()) as unknown as new (
    token: unknown,
  ) => object;
  const handle = new Class(making);
  facts.set(handle, about);
  return handle;
}

/** Stands for a body that is read by `text()` and its kind. */
export function byteStream(): ReadableStream {
  return streamHandle('readable', { streamName: undefined, type: 'bytes' }) as ReadableStream;
}
