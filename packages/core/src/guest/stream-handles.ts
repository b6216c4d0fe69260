/**
 * Streams in a workflow: handles to pass on. Their chunks are work for steps.
 *
 * A handle says which stream of which run it means; it crosses as that.
 */
import { streamIndexInvalid, streamNameInvalid, streamsAreForSteps } from '../channel-messages.ts';
import { streamPlaceIn } from '../payload/stream-record.ts';
import type { StreamPlace } from '../stream-place.ts';
import { defineLazily } from './lazy.ts';
import { init, storedTypes } from './state.ts';

const key = Symbol('makes stream handles');

function refused(kind: string, members: readonly string[]): PropertyDescriptorMap {
  const fail = (member: string) => () => {
    throw streamsAreForSteps(`${kind}.${member}`);
  };
  return Object.fromEntries(members.map((member) => [member, { value: fail(member), configurable: true }]));
}

type HandleClass = new (given?: unknown, place?: StreamPlace) => { readonly place: StreamPlace };

function makeClasses(): Record<'ReadableStream' | 'WritableStream', HandleClass> {
  class Handle {
    readonly place: StreamPlace;

    constructor(kind: string, given: unknown, place?: StreamPlace) {
      if (given !== key || !place) throw streamsAreForSteps(`new ${kind}()`);
      this.place = place;
    }
  }
  class ReadableStream extends Handle {
    constructor(given?: unknown, place?: StreamPlace) {
      super('ReadableStream', given, place);
    }
  }
  class WritableStream extends Handle {
    constructor(given?: unknown, place?: StreamPlace) {
      super('WritableStream', given, place);
    }
  }
  const readableMembers = ['getReader', 'pipeTo', 'pipeThrough', 'tee', 'cancel', 'values', 'getTailIndex'];
  Object.defineProperties(ReadableStream.prototype, refused('ReadableStream', readableMembers));
  Object.defineProperties(
    WritableStream.prototype,
    refused('WritableStream', ['getWriter', 'abort', 'close']),
  );
  Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
    value() {
      throw streamsAreForSteps('for await over a ReadableStream');
    },
  });
  const made = { ReadableStream, WritableStream };
  for (const name of names) {
    Object.defineProperty(made[name], 'name', { value: name });
    Object.defineProperty(made[name].prototype, Symbol.toStringTag, { value: name });
  }
  return made;
}

const names = ['ReadableStream', 'WritableStream'] as const;
/** Made when the first handle is, or when the globals are looked at. */
let made: ReturnType<typeof makeClasses> | undefined;

function classes(): ReturnType<typeof makeClasses> {
  made ??= makeClasses();
  return made;
}

for (const name of names) {
  defineLazily(name, () => classes()[name]);
  storedTypes[name] = {
    reduce: (value) => (made && value instanceof made[name] ? { ...value.place } : undefined),
    revive: (data) => new (classes()[name])(key, streamPlaceIn(data)),
  };
}

function checkedName(namespace: unknown = 'default'): string {
  if (typeof namespace !== 'string' || namespace.length < 1 || namespace.length > 512)
    throw streamNameInvalid(namespace);
  return namespace;
}

/** What a run's stream is called, and where reading begins. */
export interface ReadableOptions {
  readonly namespace?: string;
  /** Index of the first chunk; negative: counted from the end. Default 0. */
  readonly startIndex?: number;
}

/** A stream of a run, to be passed to steps that read it. */
export function readableHandle<T>(runId: string, options: ReadableOptions = {}): ReadableStream<T> {
  const { namespace, startIndex } = options;
  if (startIndex !== undefined && !Number.isSafeInteger(startIndex)) throw streamIndexInvalid(startIndex);
  const place = streamPlaceIn({ runId, name: checkedName(namespace), startIndex });
  return new (classes().ReadableStream)(key, place) as unknown as ReadableStream<T>;
}

/** A stream of a run, to be passed to steps that write it. */
export function writableHandle<T>(runId: string, namespace: string | undefined): WritableStream<T> {
  const place = { runId, name: checkedName(namespace) };
  return new (classes().WritableStream)(key, place) as unknown as WritableStream<T>;
}

/** A stream of this run, to be passed to steps: its default one, or one by name (1 to 512 characters). */
export function getWritable<T = unknown>(options: { readonly namespace?: string } = {}): WritableStream<T> {
  return writableHandle<T>(init.runId, options.namespace);
}
