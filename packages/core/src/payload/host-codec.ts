/** The codec of the host's realm: steps and workflows cross as references, bodies once they are read. */
import { registry, type StepEntry } from '../registry.ts';
import { type Codec, createCodec, type FunctionReference, type StoredType } from './codec.ts';
import { hostAbortTypes } from './host-abort.ts';
import { hostHandleTypes } from './host-handles.ts';
import { gatherBodies, hostWebTypes } from './host-web.ts';
import { hostWebhookTypes } from './host-webhook.ts';
import type { Publisher } from './publishing.ts';
import { streamFailureType } from './stream-failure.ts';

interface Marked {
  stepId?: unknown;
  workflowId?: unknown;
}

export interface HostCodec extends Codec {
  /**
   * Like `stringify`, a promise only when there is a body of a Request or Response to be read first. Streams, and
   * bodies that are large, go through the publisher.
   */
  stringifyFor(publisher: Publisher, value: unknown): string | Promise<string>;
}

/** What functions that were made from a reference stand for. */
const references = new WeakMap<object, FunctionReference>();

function stepOf(entry: StepEntry, reference: FunctionReference): unknown {
  const { closure, bound = [] } = reference;
  const fn = 'fn' in entry ? entry.fn : entry.bind((closure ?? {}) as Record<string, unknown>);
  if ('fn' in entry && bound.length === 0) return fn;
  const made = (...args: unknown[]): unknown => fn(...bound, ...args);
  references.set(made, reference);
  return Object.assign(made, fn);
}

/** Further types of the host, by their tag in the text. */
export const hostTypes: Record<string, StoredType> = {
  ...hostWebhookTypes,
  ...hostWebTypes,
  ...hostAbortTypes,
  ...hostHandleTypes,
  StreamFailure: streamFailureType,
};

const codec = createCodec({
  types: hostTypes,
  get classes() {
    return registry().classes;
  },
  describe(value) {
    const known = references.get(value as object);
    if (known) return known;
    const { stepId, workflowId } = value as Marked;
    if (typeof stepId === 'string') return { kind: 'step', id: stepId };
    if (typeof workflowId === 'string') return { kind: 'workflow', id: workflowId };
    return undefined;
  },
  resolve(reference) {
    const { kind, id } = reference;
    if (kind === 'workflow') return Object.assign(() => undefined, { workflowId: id });
    const entry = registry().steps.get(id);
    // A step of another process: it can be passed on, not called.
    if (entry) return stepOf(entry, reference);
    const unknown = Object.assign(() => undefined, { stepId: id });
    references.set(unknown, reference);
    return unknown;
  },
});

export const hostCodec: HostCodec = {
  ...codec,
  stringifyFor: (publisher, value) => gatherBodies(publisher, () => codec.stringify(value)),
};
