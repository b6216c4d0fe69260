import { build } from './workloads/build-workload.ts';
import { hook, hydrate, replay, suspended } from './workloads/engine-workloads.ts';
import { beside, throughput, timeRuns } from './workloads/run-workloads.ts';

export interface Request {
  readonly world: string;
  readonly workload: string;
  /** Steps of a run, or whatever else the workload is sized by. */
  readonly n: number;
  readonly iters: number;
}

/** One line of the result; keys that do not apply are absent. */
export type Row = Request & Record<string, unknown>;

export interface Workload {
  run(request: Request): Promise<Row>;
  /** Sizes of a run without `--n`. */
  readonly sizes: readonly number[];
}

export const workloads: Readonly<Record<string, Workload>> = {
  nostep: { run: timeRuns, sizes: [1] },
  seq: { run: timeRuns, sizes: [1, 10, 25, 50, 200, 1_000, 2_000, 10_000] },
  par: { run: timeRuns, sizes: [10, 25, 50, 200] },
  seq10k: { run: timeRuns, sizes: [10, 25, 50] },
  throughput: { run: throughput, sizes: [200] },
  hook: { run: hook, sizes: [1] },
  replay: { run: replay, sizes: [1_000, 10_000] },
  hydrate: { run: hydrate, sizes: [200] },
  beside: { run: beside, sizes: [0, 20_000, 100_000] },
  build: { run: build, sizes: [10] },
  suspended: { run: suspended, sizes: [1_000] },
};
