import {
  apply,
  begin,
  type Event,
  isEnded,
  type Projection,
  type RunProjection,
  type World,
} from '@perdure/world';

const pollMs = { first: 100, max: 1_000 } as const;

/** Reads the history of one run as it grows. Hints shorten the wait; the poll is the truth. */
export class Follower {
  readonly #world: World;
  readonly #runId: string;
  readonly #onEvent: (event: Event) => void;
  #projection: Projection | undefined;

  constructor(world: World, runId: string, onEvent: (event: Event) => void) {
    this.#world = world;
    this.#runId = runId;
    this.#onEvent = onEvent;
  }

  /** Hands on what is new, and gives the run as it is then. */
  async catchUp(): Promise<RunProjection> {
    const history = await this.#world.runs.history(this.#runId, {
      after: this.#projection?.run.version ?? 0,
    });
    for (const event of history) {
      if (this.#projection) apply(this.#projection, event);
      else this.#projection = begin(event);
      this.#onEvent(event);
    }
    return this.#projection!.run;
  }

  /** Follows until the run ends, is paused, or the signal aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    let news = Promise.withResolvers<void>();
    const wake = () => news.resolve();
    const unwatch = this.#world.runs.watch(({ runId, kind }) => {
      if (runId === this.#runId || kind === 'missed') wake();
    });
    signal.addEventListener('abort', wake);
    try {
      for (let ms: number = pollMs.first; !signal.aborted; ms = Math.min(pollMs.max, ms * 2)) {
        news = Promise.withResolvers();
        const before = this.#projection?.run.version;
        const { status, version } = await this.catchUp();
        if (isEnded(status) || status === 'paused') return;
        if (version !== before) ms = pollMs.first;
        // Referenced on purpose: a process that follows a run is not done.
        const timer = setTimeout(wake, ms);
        if (!signal.aborted) await news.promise;
        clearTimeout(timer);
      }
    } finally {
      unwatch();
      signal.removeEventListener('abort', wake);
    }
  }
}
