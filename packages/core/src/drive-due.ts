/** Driving what is due once, for processes whose worker is off or asleep: somebody pokes them. */
import type { Claim, RunStatus } from '@perdure/world';
import type { WorkerMode } from './config.ts';
import type { Engine } from './engine.ts';
import { Worker, type WorkerOptions } from './worker.ts';

export interface DriveRequest {
  /** Runs taken at most, and offered steps. */
  readonly limit: number;
  /** After this no run is taken, and what is in flight has two seconds left. */
  readonly timeoutMs: number;
}

export interface Driven {
  /** What was taken, and how it stood afterwards. */
  readonly runs: { readonly runId: string; readonly status: RunStatus }[];
  /** Whether there may be more that is due: the limit or the time was reached. */
  readonly more: boolean;
}

const graceMs = 2_000;

/** A worker for a while, that takes a limited number of runs, and of offered steps. */
class Burst extends Worker {
  readonly taken = new Set<string>();
  readonly #limit: number;

  constructor(engine: Engine, options: WorkerOptions, limit: number) {
    super(engine, options, limit);
    this.#limit = limit;
  }

  override get free(): number {
    return Math.max(0, Math.min(super.free, this.#limit - this.taken.size));
  }

  /** Whether it took as much as it may. */
  get sated(): boolean {
    return this.taken.size >= this.#limit || this.steps.sated;
  }

  override adopt(claim: Claim): void {
    this.taken.add(claim.runId);
    super.adopt(claim);
  }
}

/** Drives what is due when it is asked to, and lets go of it when the runtime closes. */
export class DueDriver {
  readonly #engine: Engine;
  readonly #options: WorkerOptions;
  readonly #mode: WorkerMode;
  readonly #driving = new Set<Promise<Driven>>();
  readonly #closing = Promise.withResolvers<number>();

  constructor(engine: Engine, options: WorkerOptions, mode: WorkerMode) {
    this.#engine = engine;
    this.#options = options;
    this.#mode = mode;
  }

  /** Resolves when nothing more is due, the limit was taken and driven, or the time is over. */
  drive(request: DriveRequest): Promise<Driven> {
    const driving = this.#drive(request).finally(() => this.#driving.delete(driving));
    this.#driving.add(driving);
    return driving;
  }

  /** Steps in flight get `grace` milliseconds. */
  async close(grace: number): Promise<void> {
    this.#closing.resolve(grace);
    await Promise.allSettled(this.#driving);
  }

  async #drive({ limit, timeoutMs }: DriveRequest): Promise<Driven> {
    const burst = new Burst(this.#engine, this.#options, limit);
    burst.start(this.#mode === 'registered' ? 'registered' : 'on');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<number>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, graceMs);
    });
    const idle = burst.idle().then(() => 'idle' as const);
    const ended = await Promise.race([idle, late, this.#closing.promise]);
    clearTimeout(timer);
    await burst.stop(ended === 'idle' ? graceMs : ended);
    const runs: Driven['runs'] = [];
    for (const runId of burst.taken) {
      const run = await this.#engine.world.runs.get(runId);
      if (run) runs.push({ runId, status: run.status });
    }
    return { runs, more: ended !== 'idle' || burst.sated };
  }
}
