/** The codec of the host's realm: steps and workflows cross as references, bodies once they are read. */
import { registry, type StepEntry } from '../registry.ts';
import { type Codec, createCodec, type StoredType } from './codec.ts';
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

function bound(entry: StepEntry, closure: unknown): unknown {
  return 'fn' in entry ? entry.fn : entry.bind((closure ?? {}) as Record<string, unknown>);
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
    const { stepId, workflowId } = value as Marked;
    if (typeof stepId === 'string') return { kind: 'step', id: stepId };
    if (typeof workflowId === 'string') return { kind: 'workflow', id: workflowId };
    return undefined;
  },
  resolve({ kind, id, closure }) {
    if (kind === 'workflow') return Object.assign(() => undefined, { workflowId: id });
    const entry = registry().steps.get(id);
    // A step of another process: it can be passed on, not called.
    return entry ? bound(entry, closure) : Object.assign(() => undefined, { stepId: id });
  },
});

export const hostCodec: HostCodec = {
  ...codec,
  stringifyFor: (publisher, value) => gatherBodies(publisher, () => codec.stringify(value)),
};
