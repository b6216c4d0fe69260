import { build } from './workloads/build-workload.ts';
import { hook, hydrate, replay, suspended } from './workloads/engine-workloads.ts';
import { count, handover, idle } from './workloads/postgres-workloads.ts';
import { beside, throughput, timeRuns } from './workloads/run-workloads.ts';

export interface Request {
  readonly world: string;
  readonly workload: string;
  /** Steps of a run, or whatever else the workload is sized by. */
  readonly n: number;
  readonly iters: number;
  /** The server of worlds on Postgres. */
  readonly postgresUrl?: string;
}

/** One line of the result; keys that do not apply are absent. */
export type Row = Request & Record<string, unknown>;

export interface Workload {
  run(request: Request): Promise<Row>;
  /** Sizes of a run without `--n`. */
  readonly sizes: readonly number[];
  /** Worlds that it means something for. Default: all. */
  readonly worlds?: readonly string[];
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
  count: { run: count, sizes: [200], worlds: ['postgres'] },
  handover: { run: handover, sizes: [1], worlds: ['postgres'] },
  idle: { run: idle, sizes: [30] },
};
