/** What messages need of streams: the class is that of the run's streams, whose methods say that they are for steps. */
import { bodyNotSerializable } from '../../messages.ts';
import { named, once } from '../lazy.ts';
import { inStep } from './messages.ts';

export function isStream(value: unknown): value is ReadableStream {
  return value instanceof globalThis.ReadableStream;
}

/** Stands for a body that is here already, and read by `text()` and its kind; it is no stream of a run. */
export function bodyStream(): ReadableStream {
  return Object.create(globalThis.ReadableStream.prototype, {
    locked: { value: false },
    place: {
      get() {
        throw bodyNotSerializable('the body of a message apart from it');
      },
    },
  });
}

export const transformStreamClass: () => typeof TransformStream = once(() => {
  class WorkflowTransformStream {
    constructor() {
      throw inStep('new TransformStream()');
    }
  }
  return named(WorkflowTransformStream, 'TransformStream') as unknown as typeof TransformStream;
});
