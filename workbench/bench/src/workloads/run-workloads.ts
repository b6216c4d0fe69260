/** Workloads that time whole runs. */
import { type BenchWorld, openBenchWorld } from '../bench-world.ts';
import { insertsBeside } from '../postgres-limits.ts';
import { median, round, spread } from '../statistics.ts';
import * as workflows from '../workflows.ts';
import type { Request, Row } from '../workload.ts';

type Started = { returnValue: Promise<unknown> };

const makers: Record<string, (bench: BenchWorld, n: number) => Promise<Started>> = {
  nostep: ({ runtime }) => runtime.start(workflows.nostep),
  seq: ({ runtime }, n) => runtime.start(workflows.seq, [n]),
  par: ({ runtime }, n) => runtime.start(workflows.par, [n]),
  seq10k: ({ runtime }, n) => runtime.start(workflows.seq10k, [n]),
};

const warmUpMs = 1_500;

/** Times `iters` runs one after the other, after a warm-up of the same kind of run. */
export async function timeRuns(request: Request): Promise<Row> {
  const bench = await openBenchWorld(request.world);
  const start = makers[request.workload]!;
  const { n, iters } = request;
  const warmUpEnd = performance.now() + warmUpMs;
  while (performance.now() < warmUpEnd) await (await start(bench, Math.min(n, 200))).returnValue;
  bench.takeAppends();
  const walls: number[] = [];
  const starts: number[] = [];
  const firsts: number[] = [];
  const ratios: number[] = [];
  const inserts = await insertsFor(request);
  for (let i = 0; i < iters; i += 1) {
    const insert = await inserts?.row();
    workflows.takeFirstStepTime();
    const begin = performance.now();
    const run = await start(bench, n);
    starts.push(performance.now() - begin);
    await run.returnValue;
    walls.push(performance.now() - begin);
    firsts.push(workflows.takeFirstStepTime() - begin);
    if (insert !== undefined) ratios.push(walls.at(-1)! / n / insert);
  }
  const appends = bench.takeAppends();
  await inserts?.close();
  await bench.close();
  const wall_ms = spread(walls);
  const steps = request.workload === 'nostep' ? 0 : n;
  return {
    ...request,
    wall_ms,
    start_ms: round(median(starts)),
    ...(steps > 0
      ? { ms_per_step: round(wall_ms.median / steps), appends_per_step: round(appends / iters / steps) }
      : {}),
    ...(request.workload === 'seq' || request.workload === 'par'
      ? { first_step_ms: round(median(firsts)) }
      : {}),
    ...(ratios.length > 0 ? { step_per_insert: round(median(ratios)) } : {}),
  };
}

/** What a sequential step is compared to, where there is a server. */
async function insertsFor({ workload, postgresUrl }: Request) {
  return workload === 'seq' && postgresUrl !== undefined ? insertsBeside(postgresUrl) : undefined;
}

/** `n` runs of three steps, started at once; runs per second until all are done. */
export async function throughput(request: Request): Promise<Row> {
  const bench = await openBenchWorld(request.world);
  const { n, iters } = request;
  const wave = async (count: number): Promise<void> => {
    const runs = await Promise.all(
      Array.from({ length: count }, () => bench.runtime.start(workflows.seq, [3])),
    );
    await Promise.all(runs.map((run) => run.returnValue));
  };
  const warmUpEnd = performance.now() + warmUpMs;
  while (performance.now() < warmUpEnd) await wave(n);
  const walls: number[] = [];
  for (let i = 0; i < iters; i += 1) {
    const begin = performance.now();
    await wave(n);
    walls.push(performance.now() - begin);
  }
  await bench.close();
  const wall_ms = spread(walls);
  return { ...request, wall_ms, runs_per_s: round((n / wall_ms.median) * 1_000) };
}

/** A ten-step run in a world that holds `n` events of other runs. */
export async function beside(request: Request): Promise<Row> {
  const bench = await openBenchWorld(request.world);
  const stepsEach = 300;
  for (let events = 0; events < request.n; events += stepsEach * 3 + 3) {
    await (await bench.runtime.start(workflows.seq, [stepsEach])).returnValue;
  }
  await bench.restart();
  const walls: number[] = [];
  for (let i = 0; i < request.iters + 200; i += 1) {
    const begin = performance.now();
    await (await bench.runtime.start(workflows.seq, [10])).returnValue;
    if (i >= 200) walls.push(performance.now() - begin);
  }
  await bench.close();
  const wall_ms = spread(walls);
  return { ...request, wall_ms, ms_per_step: round(wall_ms.median / 10) };
}
