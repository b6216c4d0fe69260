/**
 * Histories to look at, without the code of the app: payloads become values, those that are sealed stay closed without the
 * key, and what is secret is not there.
 */
import { type Event, fold, type Payload, type Projection, payloadFieldsOf } from '@perdure/world';
import { PayloadError } from './errors.ts';
import { chunkBytes } from './payload/chunk.ts';
import { Cipher, type Key } from './payload/cipher.ts';
import { createEnvelope, type Envelope, isSealed } from './payload/envelope.ts';
import { type PayloadView, viewPayload } from './payload/view.ts';
import type { StreamPlace } from './stream-place.ts';

export interface ViewOptions {
  /** Keys that open what is sealed. Default: none, whatever the environment has. */
  readonly keys?: readonly Key[];
}

/** An event whose payloads are views; arguments are an array. The seed of a run is not there. */
export type ViewedEvent = Omit<Event, 'eventData'> & {
  readonly eventData: Readonly<Record<string, unknown>>;
};

export interface ViewedStep {
  readonly input: PayloadView;
  readonly output?: PayloadView;
  /** Of the last attempt that failed, also when another follows. */
  readonly error?: PayloadView;
}

/** A run as its history tells it. */
export interface ViewedRun extends Projection {
  readonly input: PayloadView;
  readonly output?: PayloadView;
  readonly error?: PayloadView;
  /** Of steps and hooks, by correlation id. */
  readonly stepValues: ReadonlyMap<string, ViewedStep>;
  readonly hookPayloads: ReadonlyMap<string, readonly PayloadView[]>;
}

/** Opens with keys, or not at all. */
class Viewer {
  readonly #envelope: Envelope | undefined;

  constructor({ keys = [] }: ViewOptions) {
    this.#envelope = keys.length > 0 ? createEnvelope(new Cipher(keys)) : undefined;
  }

  view(payload: Payload, runId: string, place: string): PayloadView {
    if (!isSealed(payload) || !this.#envelope) return viewPayload(payload);
    try {
      return viewPayload(this.#envelope.unwrap(payload, runId, place));
    } catch (error) {
      if (!PayloadError.is(error)) throw error;
      return { kind: 'unreadable', error };
    }
  }
}

/** What a payload of an event is bound to. */
function placeOf({ eventType, correlationId, key, eventData }: Event, field: string): string {
  if (eventType.startsWith('run_')) return `run/${field}`;
  if (eventType === 'hook_received') return `${correlationId}/${key}`;
  if (eventType === 'child_completed')
    return `child_${(eventData as { childRunId: string }).childRunId}/result`;
  return `${correlationId}/${field}`;
}

/** The arguments in the input of a run or a step, without keys. */
export function viewArguments(input: Payload): PayloadView {
  return argumentsIn(viewPayload(input));
}

function argumentsIn(view: PayloadView): PayloadView {
  if (view.kind !== 'value') return view;
  const { args } = (view.value ?? {}) as { args?: unknown };
  return Array.isArray(args) ? { kind: 'value', value: args } : view;
}

function viewWith(viewer: Viewer, event: Event): ViewedEvent {
  const payloads = payloadFieldsOf.get(event.eventType) ?? [];
  const eventData: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(event.eventData)) {
    if (field === 'seed' || value === undefined) continue;
    if (!payloads.includes(field)) eventData[field] = value;
    else {
      const view = viewer.view(value as Payload, event.runId, placeOf(event, field));
      eventData[field] = field === 'input' ? argumentsIn(view) : view;
    }
  }
  return { ...event, eventData };
}

export function viewEvent(event: Event, options: ViewOptions = {}): ViewedEvent {
  return viewWith(new Viewer(options), event);
}

/** A chunk of a stream, as the world stores it. */
export function viewChunk(
  chunk: Payload,
  { runId, name }: StreamPlace,
  options: ViewOptions = {},
): PayloadView {
  const bytes = chunkBytes(chunk);
  if (bytes) return { kind: 'value', value: bytes };
  return new Viewer(options).view(chunk, runId, `stream/${name}`);
}

/** Undefined for a history without events. */
export function viewRun(history: readonly Event[], options: ViewOptions = {}): ViewedRun | undefined {
  const projection = fold(history);
  if (!projection) return undefined;
  const viewer = new Viewer(options);
  const stepValues = new Map<string, ViewedStep>();
  const hookPayloads = new Map<string, PayloadView[]>();
  let ends: Partial<Pick<ViewedRun, 'output' | 'error'>> = {};
  let input: PayloadView | undefined;
  for (const event of history) {
    const data = viewWith(viewer, event).eventData as Record<string, PayloadView>;
    const id = event.correlationId ?? '';
    const { output, error } = data;
    const outcome = { ...(output ? { output } : {}), ...(error ? { error } : {}) };
    if (event.eventType === 'run_created') input = data.input;
    else if (event.eventType.startsWith('run_')) ends = { ...ends, ...outcome };
    else if (event.eventType === 'step_created') stepValues.set(id, { input: data.input! });
    else if (event.eventType.startsWith('step_')) stepValues.set(id, { ...stepValues.get(id)!, ...outcome });
    else if (event.eventType === 'hook_received')
      hookPayloads.set(id, [...(hookPayloads.get(id) ?? []), data.payload!]);
  }
  return { ...projection, input: input!, ...ends, stepValues, hookPayloads };
}
