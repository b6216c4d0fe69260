import { named, once } from '../lazy.ts';
import { failRun } from '../run-end.ts';

type Callback = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

interface Listener {
  readonly callback: Callback;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  removed: 'no' | 'yes';
}

type Options =
  | boolean
  | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal }
  | null;

interface EventState {
  target: object | null;
  phase: 0 | 2;
  canceled: boolean;
  stopped: 'no' | 'immediately';
  passive: boolean;
}

const listeners = new WeakMap<object, Map<string, Listener[]>>();
const states = new WeakMap<object, EventState>();

export const eventClass: () => typeof Event = once(() => {
  class WorkflowEvent {
    readonly type: string;
    readonly bubbles: boolean;
    readonly cancelable: boolean;
    readonly composed: boolean;
    readonly timeStamp: number = performance.now();
    readonly isTrusted = false;
    constructor(type: unknown, init: { bubbles?: unknown; cancelable?: unknown; composed?: unknown } = {}) {
      this.type = String(type);
      this.bubbles = Boolean(init.bubbles);
      this.cancelable = Boolean(init.cancelable);
      this.composed = Boolean(init.composed);
      states.set(this, { target: null, phase: 0, canceled: false, stopped: 'no', passive: false });
    }
    get target(): object | null {
      return states.get(this)!.target;
    }
    get currentTarget(): object | null {
      return states.get(this)!.phase === 0 ? null : states.get(this)!.target;
    }
    get eventPhase(): number {
      return states.get(this)!.phase;
    }
    get defaultPrevented(): boolean {
      return states.get(this)!.canceled;
    }
    composedPath(): object[] {
      return this.currentTarget ? [this.currentTarget] : [];
    }
    preventDefault(): void {
      const state = states.get(this)!;
      if (this.cancelable && !state.passive) state.canceled = true;
    }
    stopPropagation(): void {}
    stopImmediatePropagation(): void {
      states.get(this)!.stopped = 'immediately';
    }
  }
  return named(WorkflowEvent, 'Event') as unknown as typeof Event;
});

export const customEventClass: () => typeof CustomEvent = once(() => {
  class WorkflowCustomEvent extends eventClass() {
    readonly detail: unknown;
    constructor(type: string, init: ConstructorParameters<typeof Event>[1] & { detail?: unknown } = {}) {
      super(type, init);
      this.detail = init.detail ?? null;
    }
  }
  return named(WorkflowCustomEvent, 'CustomEvent') as unknown as typeof CustomEvent;
});

function call(target: object, event: Event, { callback, passive }: Listener): void {
  const state = states.get(event)!;
  state.passive = passive;
  try {
    if (typeof callback === 'function') callback.call(target, event);
    else callback.handleEvent(event);
  } catch (error) {
    // As an uncaught exception elsewhere: nobody is there to catch it.
    failRun(error);
  }
  state.passive = false;
}

/** Calls the listeners of a target. Gives false when one of them prevented the default. */
function dispatch(target: object, event: Event): boolean {
  const state = states.get(event);
  if (!state) throw new TypeError('Expected an Event.');
  if (state.phase !== 0) throw new DOMException('The event is being dispatched.', 'InvalidStateError');
  Object.assign(state, { target, phase: 2, stopped: 'no' });
  for (const listener of [...(listeners.get(target)?.get(event.type) ?? [])]) {
    if (listener.removed === 'yes') continue;
    if (listener.once) remove(target, event.type, listener);
    call(target, event, listener);
    if (state.stopped === 'immediately') break;
  }
  state.phase = 0;
  return !state.canceled;
}

function remove(target: object, type: string, listener: Listener): void {
  const list = listeners.get(target)?.get(type);
  listener.removed = 'yes';
  list?.splice(list.indexOf(listener), 1);
}

function add(target: object, type: string, callback: Callback, options: Options): void {
  const given = typeof options === 'object' && options !== null ? options : { capture: Boolean(options) };
  if (given.signal?.aborted) return;
  const byType = listeners.get(target) ?? new Map<string, Listener[]>();
  listeners.set(target, byType);
  const list = byType.get(type) ?? [];
  byType.set(type, list);
  const capture = Boolean(given.capture);
  if (list.some((one) => one.callback === callback && one.capture === capture)) return;
  const listener: Listener = {
    callback,
    capture,
    once: Boolean(given.once),
    passive: Boolean(given.passive),
    removed: 'no',
  };
  list.push(listener);
  given.signal?.addEventListener('abort', () => remove(target, type, listener), { once: true });
}

export const eventTargetClass: () => typeof EventTarget = once(() => {
  class WorkflowEventTarget {
    addEventListener(type: unknown, callback: Callback | null, options: Options = null): void {
      if (callback) add(this, String(type), callback, options);
    }
    removeEventListener(type: unknown, callback: Callback | null, options: Options = null): void {
      const capture = Boolean(typeof options === 'object' ? options?.capture : options);
      const list = listeners.get(this)?.get(String(type)) ?? [];
      const found = list.find((one) => one.callback === callback && one.capture === capture);
      if (found) remove(this, String(type), found);
    }
    dispatchEvent(event: Event): boolean {
      return dispatch(this, event);
    }
  }
  return named(WorkflowEventTarget, 'EventTarget') as unknown as typeof EventTarget;
});
