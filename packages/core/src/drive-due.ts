/** Driving what is due once, for processes whose worker is off or asleep: somebody pokes them. */
import type { Claim, RunStatus } from '@perdure/world';
import type { Engine } from './engine.ts';
import { Worker, type WorkerOptions } from './worker.ts';

export interface DriveRequest {
  /** Runs taken at most. */
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

/** A worker for a while, that takes a limited number of runs. */
class Burst extends Worker {
  readonly taken = new Set<string>();
  readonly #limit: number;

  constructor(engine: Engine, options: WorkerOptions, limit: number) {
    super(engine, options);
    this.#limit = limit;
  }

  override get free(): number {
    return Math.max(0, Math.min(super.free, this.#limit - this.taken.size));
  }

  override adopt(claim: Claim): void {
    this.taken.add(claim.runId);
    super.adopt(claim);
  }
}

/** Resolves when nothing more is due, the limit was taken and driven, or the time is over. */
export async function driveDue(
  engine: Engine,
  options: WorkerOptions,
  { limit, timeoutMs }: DriveRequest,
): Promise<Driven> {
  const burst = new Burst(engine, options, limit);
  burst.start('on');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'late');
  });
  const ended = await Promise.race([burst.idle(), late]);
  clearTimeout(timer);
  await burst.stop(graceMs);
  const runs: Driven['runs'] = [];
  for (const runId of burst.taken) {
    const run = await engine.world.runs.get(runId);
    if (run) runs.push({ runId, status: run.status });
  }
  return { runs, more: ended === 'late' || burst.taken.size >= limit };
}
