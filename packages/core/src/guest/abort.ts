/**
 * Durable AbortController and AbortSignal.
 *
 * Within a workflow they are plain objects. One that crosses into a step gets an id, from then on its abort is an
 * event: one that the workflow asks for reaches the steps that hold the signal, one that a step asks for comes back
 * in the order of the history, so `aborted` branches the same way on every replay.
 */
import { signalNotConstructible, signalRecordInvalid } from '../channel-messages.ts';
import { define } from './lazy.ts';
import { failRun } from './run-end.ts';
import { codec, earlyAborts, issue, nextId, pending, storedTypes } from './state.ts';
import { sleep } from './wait.ts';

type Listener = ((event: AbortEvent) => unknown) | { handleEvent(event: AbortEvent): unknown };

interface AbortEvent {
  readonly type: 'abort';
  readonly target: unknown;
}

interface Registered {
  readonly listener: Listener;
  readonly once: boolean;
}

/** How a signal crosses: by the id of its controller, with what is known of it. */
interface SignalRecord {
  readonly id: string;
  /** Wrapped in an array, to tell an undefined reason from none. */
  readonly reason?: readonly [unknown];
}

const passage = Symbol('constructs signals');

function defaultReason(name: 'AbortError' | 'TimeoutError', message: string): unknown {
  const Exception = (globalThis as { DOMException?: new (message: string, name: string) => Error })
    .DOMException;
  return Exception ? new Exception(message, name) : Object.assign(new Error(message), { name });
}

class WorkflowAbortSignal {
  onabort: ((event: AbortEvent) => unknown) | null = null;
  readonly #listeners: Registered[] = [];
  readonly #dependents = new Set<WorkflowAbortSignal>();
  #id: string | undefined;
  #reason: readonly [unknown] | undefined;

  constructor(key?: symbol) {
    if (key !== passage) throw signalNotConstructible();
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  get reason(): unknown {
    return this.#reason?.[0];
  }

  get [Symbol.toStringTag](): string {
    return 'AbortSignal';
  }

  throwIfAborted(): void {
    if (this.#reason) throw this.#reason[0];
  }

  addEventListener(
    type: string,
    listener: Listener | null,
    options: { once?: boolean } | boolean = {},
  ): void {
    if (type !== 'abort' || !listener) return;
    if (this.#listeners.some((one) => one.listener === listener)) return;
    this.#listeners.push({ listener, once: typeof options === 'object' && options.once === true });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    const index = type === 'abort' ? this.#listeners.findIndex((one) => one.listener === listener) : -1;
    if (index >= 0) this.#listeners.splice(index, 1);
  }

  dispatchEvent(event: AbortEvent): boolean {
    if (event.type !== 'abort') return true;
    const calls = [...this.#listeners];
    if (this.onabort) calls.push({ listener: this.onabort, once: false });
    for (const { listener, once: only } of calls) {
      if (only) this.removeEventListener('abort', listener);
      try {
        if (typeof listener === 'function') listener.call(this as never, event);
        else listener.handleEvent(event);
      } catch (error) {
        // A listener that throws does not stop the others; nobody catches its error, so it ends the run.
        failRun(error);
      }
    }
    return true;
  }

  /** Aborts here and in everything that follows this signal. `from` tells whether the history knows already. */
  static abortSignal(signal: WorkflowAbortSignal, reason: unknown, from: 'program' | 'history'): void {
    if (signal.#reason) return;
    signal.#reason = [reason];
    if (signal.#id !== undefined && from === 'program') {
      issue('request-abort', signal.#id, '', { text: codec.stringify(reason) });
    }
    signal.dispatchEvent({ type: 'abort', target: signal });
    for (const dependent of signal.#dependents) WorkflowAbortSignal.abortSignal(dependent, reason, 'program');
    signal.#dependents.clear();
  }

  static record(signal: WorkflowAbortSignal): SignalRecord {
    if (signal.#id === undefined) {
      signal.#id = nextId('abrt');
      pending.set(signal.#id, {
        settle: (_kind, reason) => WorkflowAbortSignal.abortSignal(signal, reason, 'history'),
      });
    }
    return { id: signal.#id, ...(signal.#reason ? { reason: signal.#reason } : {}) };
  }

  /** The signal with an id: the one that crossed, or one that stands for it. */
  static revive({ id, reason }: SignalRecord): WorkflowAbortSignal {
    const known = WorkflowAbortSignal.#known.get(id);
    if (known) return known;
    const signal = new WorkflowAbortSignal(passage);
    signal.#id = id;
    signal.#reason = reason ?? earlyAborts.get(id);
    WorkflowAbortSignal.#known.set(id, signal);
    pending.set(id, { settle: (_kind, value) => WorkflowAbortSignal.abortSignal(signal, value, 'history') });
    return signal;
  }

  static readonly #known = new Map<string, WorkflowAbortSignal>();

  static remember(id: string, signal: WorkflowAbortSignal): void {
    WorkflowAbortSignal.#known.set(id, signal);
  }

  static abort(...reason: [unknown?]): WorkflowAbortSignal {
    const signal = new WorkflowAbortSignal(passage);
    signal.#reason = [
      reason.length > 0 ? reason[0] : defaultReason('AbortError', 'This operation was aborted'),
    ];
    return signal;
  }

  /** Aborts after a durable sleep. */
  static timeout(ms: number): WorkflowAbortSignal {
    const signal = new WorkflowAbortSignal(passage);
    const late = (): unknown => defaultReason('TimeoutError', 'The operation was aborted due to timeout');
    void sleep(ms).then(() => WorkflowAbortSignal.abortSignal(signal, late(), 'program'));
    return signal;
  }

  static any(signals: Iterable<WorkflowAbortSignal>): WorkflowAbortSignal {
    const all = [...signals];
    const first = all.find(({ aborted }) => aborted);
    if (first) return WorkflowAbortSignal.abort(first.reason);
    const signal = new WorkflowAbortSignal(passage);
    for (const source of all) source.#dependents.add(signal);
    return signal;
  }
}

class WorkflowAbortController {
  readonly signal: WorkflowAbortSignal;

  constructor(...inner: unknown[]) {
    this.signal = inner[0] instanceof WorkflowAbortSignal ? inner[0] : new WorkflowAbortSignal(passage);
  }

  get [Symbol.toStringTag](): string {
    return 'AbortController';
  }

  abort(...reason: [unknown?]): void {
    const given = reason.length > 0 && reason[0] !== undefined;
    const why = given ? reason[0] : defaultReason('AbortError', 'This operation was aborted');
    WorkflowAbortSignal.abortSignal(this.signal, why, 'program');
  }
}

function recordOf(data: unknown): SignalRecord {
  if (typeof (data as SignalRecord | null)?.id !== 'string') throw signalRecordInvalid();
  return data as SignalRecord;
}

/** The record of a signal that crosses; the signal is found again by its id. */
function leave(signal: WorkflowAbortSignal): SignalRecord {
  const record = WorkflowAbortSignal.record(signal);
  WorkflowAbortSignal.remember(record.id, signal);
  return record;
}

storedTypes.AbortSignal = {
  reduce: (value) => (value instanceof WorkflowAbortSignal ? leave(value) : undefined),
  revive: (data) => WorkflowAbortSignal.revive(recordOf(data)),
};
storedTypes.AbortController = {
  reduce: (value) => (value instanceof WorkflowAbortController ? leave(value.signal) : undefined),
  revive: (data) => new WorkflowAbortController(WorkflowAbortSignal.revive(recordOf(data))),
};

Object.defineProperty(WorkflowAbortSignal, 'name', { value: 'AbortSignal' });
Object.defineProperty(WorkflowAbortController, 'name', { value: 'AbortController' });
define('AbortSignal', WorkflowAbortSignal);
define('AbortController', WorkflowAbortController);
