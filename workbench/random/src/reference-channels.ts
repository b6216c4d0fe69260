/** Hooks and signals for the reference: what the guide promises, for one reader at a time. */

interface Surroundings {
  readonly token: string;
  sleep(ms: number): Promise<unknown>;
  /** Asks for the token to be given back. */
  dispose(): void;
}

type Next = IteratorResult<number, undefined>;

const over: Next = { done: true, value: undefined };

export class ReferenceHook {
  readonly token: string;
  readonly #surroundings: Surroundings;
  readonly #queue: number[] = [];
  readonly #conflict = Promise.withResolvers<string | null>();
  #state: 'live' | 'lost' | 'disposed' = 'live';
  #reader: PromiseWithResolvers<Next> | undefined;

  constructor(surroundings: Surroundings) {
    this.token = surroundings.token;
    this.#surroundings = surroundings;
  }

  settle(type: string, value: unknown): void {
    if (type === 'hook_created') this.#conflict.resolve(null);
    else if (type === 'hook_conflict') {
      if (this.#state === 'live') this.#state = 'lost';
      this.#conflict.resolve('somebody');
      this.#takeReader()?.reject(lost());
    } else {
      const reader = this.#takeReader();
      if (reader) reader.resolve({ done: false, value: value as number });
      else this.#queue.push(value as number);
    }
  }

  #takeReader(): PromiseWithResolvers<Next> | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    return reader;
  }

  #next(): Promise<Next> {
    if (this.#queue.length > 0) return Promise.resolve({ done: false, value: this.#queue.shift()! });
    if (this.#state === 'lost') return Promise.reject(lost());
    if (this.#state === 'disposed') return Promise.resolve(over);
    this.#reader = Promise.withResolvers<Next>();
    this.#reader.promise.catch(() => undefined);
    return this.#reader.promise;
  }

  async receive({ timeout }: { timeout: number }): Promise<number | undefined> {
    const waits = this.#queue.length === 0 && this.#state === 'live';
    const timer = waits ? this.#surroundings.sleep(timeout) : new Promise<never>(() => undefined);
    const payload = this.#next();
    const reader = this.#reader;
    const late = timer.then((): undefined => {
      if (this.#reader === reader) this.#reader = undefined;
    });
    return Promise.race([payload.then(payloadOf), late]);
  }

  getConflict(): Promise<string | null> {
    return this.#conflict.promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: a hook is awaited like a promise of its next payload.
  then(onPayload: (value: number) => unknown, onError: (error: unknown) => unknown): Promise<unknown> {
    return this.#next().then(payloadOf).then(onPayload, onError);
  }

  [Symbol.asyncIterator](): AsyncIterator<number, undefined> {
    return { next: () => this.#next(), return: () => Promise.resolve(over) };
  }

  dispose(): void {
    if (this.#state !== 'live') return;
    this.#state = 'disposed';
    this.#surroundings.dispose();
    this.#takeReader()?.resolve(over);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function payloadOf({ done, value }: Next): number {
  if (done) throw Object.assign(new Error('disposed'), { name: 'ContextError' });
  return value;
}

function lost(): Error {
  return Object.assign(new Error('taken'), { name: 'HookConflictError' });
}

export class ReferenceSignal {
  #id: string | undefined;
  #aborted = false;
  readonly #ask: (id: string) => void;

  constructor(ask: (id: string) => void) {
    this.#ask = ask;
  }

  /** A step gets it: from now on it has an id. */
  cross(makeId: () => string): string {
    this.#id ??= makeId();
    return this.#id;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** `told`: the history knows already. */
  abort(by: 'program' | 'told'): void {
    if (this.#aborted) return;
    this.#aborted = true;
    if (this.#id !== undefined && by === 'program') this.#ask(this.#id);
  }
}
