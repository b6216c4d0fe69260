/**
 * A hook in a workflow: payloads from outside, in the order of the history.
 *
 * A payload that arrives while nobody waits is queued. Everybody who waits at one time waits on one promise, so a
 * waiter that lost a race and is asked again takes nothing away from its successor; a `receive` that timed out is
 * no waiter any more, so what arrives later is queued for the next.
 */

import { hookDisposed, hookTokenInvalid } from '../channel-messages.ts';
import { type Duration, timeAfter } from '../duration.ts';
import { HookConflictError } from '../errors.ts';
import { nextToken } from './random.ts';
import { type Run, runHandle } from './run-handle.ts';
import { bornHandled, codec, issue, nextId, pending } from './state.ts';
import { sleep } from './wait.ts';

export interface HookOptions {
  /** Name under which payloads are sent; made up when absent. One live owner over all runs. */
  readonly token?: string;
  /** Data that `getHookByToken` shows to whoever resumes. */
  readonly metadata?: unknown;
  /** How long the token stays taken after the run's end, counted from the hook's creation. Default: not at all. */
  readonly minRetention?: Duration;
}

/** Thenable (the next payload), async-iterable (all payloads), disposable. */
export interface Hook<T = unknown> extends PromiseLike<T>, AsyncIterable<T>, Disposable {
  readonly token: string;
  /**
   * Takes one payload, or gives undefined when none came within `timeout`.
   *
   * Rejects with `HookConflictError`, or `ContextError` HOOK_DISPOSED.
   */
  receive(options?: { readonly timeout?: Duration }): Promise<T | undefined>;
  /** The run that has the token, or null when this hook has it. */
  getConflict(): Promise<Run | null>;
  /** No more payloads: the token is free, loops over the hook end. */
  dispose(): void;
}

type State =
  /** Whether the token is ours is not known yet. */
  | { kind: 'asked' }
  | { kind: 'live' }
  | { kind: 'conflict'; error: HookConflictError }
  /** Queued payloads stay readable. */
  | { kind: 'disposed' };

interface Waiter<T> {
  promise: Promise<IteratorResult<T, undefined>>;
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
  /** How many wait; one that awaits a plain promise never leaves. */
  count: number;
}

export class GuestHook<T> implements Hook<T> {
  readonly token: string;
  readonly #id: string;
  readonly #queue: T[] = [];
  #state: State = { kind: 'asked' };
  readonly #owner = Promise.withResolvers<Run | null>();
  #waiter: Waiter<T> | undefined;

  readonly #read: (payload: unknown) => T;

  /** `read` makes of a payload what is handed out. */
  constructor(options: HookOptions, read: (payload: unknown) => T = (payload) => payload as T) {
    this.#read = read;
    this.token = options.token ?? nextToken();
    if (typeof this.token !== 'string' || this.token.length < 1 || this.token.length > 512) {
      throw hookTokenInvalid(this.token);
    }
    const metadata = options.metadata === undefined ? undefined : codec.stringify(options.metadata);
    const retainMs = options.minRetention === undefined ? undefined : timeAfter(options.minRetention, 0);
    this.#id = nextId('hook');
    issue('create-hook', this.#id, this.token, { text: metadata, number: retainMs });
    pending.set(this.#id, { settle: (kind, value) => this.#settle(kind, value) });
  }

  #settle(kind: string, value: unknown): void {
    if (kind === 'hook_conflict') {
      const error = new HookConflictError(this.token, String(value));
      if (this.#state.kind === 'asked') this.#state = { kind: 'conflict', error };
      this.#owner.resolve(runHandle(String(value)));
      this.#takeWaiter()?.reject(error);
    } else if (kind === 'hook_created') {
      if (this.#state.kind === 'asked') this.#state = { kind: 'live' };
      this.#owner.resolve(null);
    } else if (kind === 'hook_received') {
      const waiter = this.#takeWaiter();
      const payload = this.#read(value);
      if (waiter) waiter.resolve({ done: false, value: payload });
      else this.#queue.push(payload);
    }
  }

  #takeWaiter(): Waiter<T> | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    return this.#settled() ?? this.#wait().promise;
  }

  /** What there is to say without waiting. */
  #settled(): Promise<IteratorResult<T, undefined>> | undefined {
    if (this.#queue.length > 0) return Promise.resolve({ done: false, value: this.#queue.shift()! });
    if (this.#state.kind === 'conflict') return bornHandled(Promise.reject(this.#state.error));
    if (this.#state.kind === 'disposed') return Promise.resolve({ done: true, value: undefined });
    return undefined;
  }

  #wait(): Waiter<T> {
    if (!this.#waiter) {
      const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<T, undefined>>();
      this.#waiter = { promise: bornHandled(promise), resolve, reject, count: 0 };
    }
    this.#waiter.count += 1;
    return this.#waiter;
  }

  receive(options: { readonly timeout?: Duration } = {}): Promise<T | undefined> {
    const settled = this.#settled();
    const payload = (result: IteratorResult<T, undefined>): T => {
      if (result.done) throw hookDisposed(this.token);
      return result.value;
    };
    if (settled || options.timeout === undefined)
      return bornHandled((settled ?? this.#wait().promise).then(payload));
    const timer = sleep(options.timeout);
    const waiter = this.#wait();
    const late = timer.then(() => {
      waiter.count -= 1;
      if (waiter.count === 0 && this.#waiter === waiter) this.#waiter = undefined;
      return undefined;
    });
    return bornHandled(Promise.race([waiter.promise.then(payload), late]));
  }

  getConflict(): Promise<Run | null> {
    return this.#owner.promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: a hook is awaited like a promise of its next payload.
  then<A = T, B = never>(
    onPayload?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const payload = this.#next().then((result) => {
      if (result.done) throw hookDisposed(this.token);
      return result.value;
    });
    return bornHandled(payload.then(onPayload, onError));
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.#next(), return: () => Promise.resolve({ done: true, value: undefined }) };
  }

  dispose(): void {
    if (this.#state.kind === 'conflict' || this.#state.kind === 'disposed') return;
    this.#state = { kind: 'disposed' };
    issue('dispose-hook', this.#id, this.token);
    this.#takeWaiter()?.resolve({ done: true, value: undefined });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Waits for payloads from outside, sent with `resumeHook(token, payload)`. */
export function createHook<T = unknown>(options: HookOptions = {}): Hook<T> {
  return new GuestHook<T>(options);
}
