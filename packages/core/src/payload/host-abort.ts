/**
 * Abort signals on the host: those that a step was given, live.
 *
 * They are known by the id of their controller in the workflow. An attempt keeps what it was given; the session aborts
 * it when the history says so, and a step that aborts one tells the run.
 */
import { signalRecordInvalid } from '../channel-messages.ts';
import { currentPublisher } from './publishing.ts';
import type { StoredType } from './realm.ts';

interface SignalRecord {
  readonly id: string;
  readonly reason?: readonly [unknown];
}

/** What holds the signals of one attempt. */
export interface SignalHolder {
  readonly signals: Map<string, AbortController>;
  /** Tells the run that a controller was aborted here. */
  tell(id: string, reason: unknown): void;
}

const records = new WeakMap<AbortSignal | AbortController, string>();
let holder: SignalHolder | undefined;

/** Gives the signals that `read` revives to a holder. */
export function holdingSignals<T>(given: SignalHolder, read: () => T): T {
  const before = holder;
  holder = given;
  try {
    return read();
  } finally {
    holder = before;
  }
}

function recordOf(data: unknown): SignalRecord {
  if (typeof (data as SignalRecord | null)?.id !== 'string') throw signalRecordInvalid();
  return data as SignalRecord;
}

function controllerOf({ id, reason }: SignalRecord): AbortController {
  const held = holder;
  const known = held?.signals.get(id);
  if (known) return known;
  const controller = new AbortController();
  const { signal } = controller;
  const abort = controller.abort.bind(controller);
  records.set(controller, id);
  records.set(signal, id);
  if (reason) abort(reason[0]);
  held?.signals.set(id, controller);
  controller.abort = (...why: [unknown?]) => {
    if (signal.aborted) return;
    abort(...why);
    held?.tell(id, signal.reason);
  };
  return controller;
}

/** Aborts what an attempt holds, because the history says so: nobody is told. */
export function abortHeld(signals: ReadonlyMap<string, AbortController>, id: string, reason: unknown): void {
  const controller = signals.get(id);
  if (controller) AbortController.prototype.abort.call(controller, reason);
}

function record(value: AbortSignal | AbortController, signal: AbortSignal): SignalRecord | undefined {
  const controller = value instanceof AbortController ? value : undefined;
  const id = records.get(value) ?? currentPublisher()?.publishSignal?.(signal, controller);
  if (id === undefined) return undefined;
  return { id, ...(signal.aborted ? { reason: [signal.reason] as const } : {}) };
}

export const hostAbortTypes: Record<string, StoredType> = {
  AbortSignal: {
    reduce: (value) => (value instanceof AbortSignal ? record(value, value) : undefined),
    revive: (data) => controllerOf(recordOf(data)).signal,
  },
  AbortController: {
    reduce: (value) => (value instanceof AbortController ? record(value, value.signal) : undefined),
    revive: (data) => controllerOf(recordOf(data)),
  },
};
