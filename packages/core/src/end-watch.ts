import { isEnded, type RunProjection, type World } from '@perdure/world';
import { WorkflowRunNotFoundError } from './errors.ts';

const pollMs = { first: 250, max: 2_000 } as const;

/** Waits for runs to end: pushed where the World can tell, with a slow poll as the truth (W7). */
export class EndWatch {
  readonly #world: World;
  readonly #driving: (runId: string) => Promise<void> | undefined;
  readonly #waiting = new Map<string, Set<() => void>>();
  #unwatch: (() => void) | undefined;

  /** `driving`: until a run that is driven here is not any more; it tells its end itself, and is not looked at before. */
  constructor(world: World, driving: (runId: string) => Promise<void> | undefined) {
    this.#world = world;
    this.#driving = driving;
  }

  /** The ended run. Throws `WorkflowRunNotFoundError`. */
  async wait(runId: string): Promise<RunProjection> {
    for (let ms: number = pollMs.first; ; ms = Math.min(pollMs.max, ms * 2)) {
      // Listening starts before looking, so that an end between the two is not missed.
      const news = this.#listen(runId, ms);
      try {
        const driving = ms === pollMs.first ? this.#driving(runId) : undefined;
        if (driving) {
          await Promise.race([news.promise, driving]);
          continue;
        }
        const run = await this.#world.runs.get(runId);
        if (!run) throw new WorkflowRunNotFoundError(runId);
        if (isEnded(run.status)) return run;
        await news.promise;
      } finally {
        news.stop();
      }
    }
  }

  close(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #listen(runId: string, ms: number): { promise: Promise<void>; stop: () => void } {
    this.#unwatch ??= this.#world.runs.watch(({ runId, kind }) => {
      if (kind === 'ended') for (const resolve of this.#waiting.get(runId) ?? []) resolve();
      if (kind === 'missed') for (const waiting of this.#waiting.values()) for (const look of waiting) look();
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(runId) ?? new Set();
    this.#waiting.set(runId, waiting.add(resolve));
    // Referenced on purpose: a process that awaits a result is not done.
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      waiting.delete(resolve);
      if (waiting.size === 0 && this.#waiting.get(runId) === waiting) this.#waiting.delete(runId);
    };
    return { promise, stop };
  }
}
