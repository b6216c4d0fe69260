/** Stored payloads as values to look at: no step, class or key of the app is needed, and nothing of it runs. */
import type { Payload } from '@perdure/world';
import { PayloadError } from '../errors.ts';
import { WORKFLOW_DESERIALIZE } from '../serde.ts';
import { createCodec, type Realm, type StoredClass, type StoredType } from './codec.ts';
import { createEnvelope, isSealed } from './envelope.ts';
import { hostTypes } from './host-codec.ts';

export type PayloadView =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'sealed' }
  | { readonly kind: 'unreadable'; readonly error: PayloadError };

/** An object that shows data under a name. */
function shown(name: string, data: unknown): object {
  const Shown = { [name]: class {} }[name]!;
  return Object.assign(new Shown(), data);
}

const types: Record<string, StoredType> = {};
for (const tag of Object.keys(hostTypes)) {
  types[tag] = { reduce: () => undefined, revive: (data) => shown(tag, data) };
}

/** Any class, known or not, by the last part of its id. */
const classes = {
  get: (id: string) => ({
    [WORKFLOW_DESERIALIZE]: (data: unknown) => shown(id.slice(id.lastIndexOf('/') + 1), data),
    prototype: Error.prototype,
  }),
} as unknown as Realm['classes'] & Map<string, StoredClass>;

const codec = createCodec({
  types,
  classes,
  describe: () => undefined,
  resolve: ({ id }) => Object.defineProperty(() => undefined, 'name', { value: id }),
});

const envelope = createEnvelope(undefined);

export function viewPayload(payload: Payload): PayloadView {
  if (isSealed(payload)) return { kind: 'sealed' };
  try {
    return { kind: 'value', value: codec.parse(envelope.unwrap(payload, '', '')) };
  } catch (error) {
    if (!PayloadError.is(error)) throw error;
    return { kind: 'unreadable', error };
  }
}
