import { registry, type StepEntry } from '../registry.ts';
import { type Codec, createCodec } from './codec.ts';

interface Marked {
  stepId?: unknown;
  workflowId?: unknown;
}

function bound(entry: StepEntry, closure: unknown): unknown {
  return 'fn' in entry ? entry.fn : entry.bind((closure ?? {}) as Record<string, unknown>);
}

/** The codec of the host's realm: steps and workflows cross as references. */
export const hostCodec: Codec = createCodec({
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
