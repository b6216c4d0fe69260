/** Workloads that look at one part of the engine. */
import { randomBytes } from 'node:crypto';
import { openBenchWorld } from '../bench-world.ts';
import { Progress } from '../progress.ts';
import { median, round, spread } from '../statistics.ts';
import * as workflows from '../workflows.ts';
import type { Request, Row } from '../workload.ts';

/** From `resumeHook` to the body of the step that follows. */
export async function hook(request: Request): Promise<Row> {
  const bench = await openBenchWorld(request.world);
  const rounds = request.iters * 20 + 100;
  const token = randomBytes(8).toString('hex');
  const run = await bench.runtime.start(workflows.hook, [token, rounds]);
  const progress = new Progress(bench.world, run.runId);
  const resumes: number[] = [];
  const walls: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    await progress.until(i);
    workflows.takeFirstStepTime();
    const begin = performance.now();
    await bench.runtime.resumeHook(token, 1);
    walls.push(performance.now() - begin);
    let body = workflows.takeFirstStepTime();
    for (; body === 0; body = workflows.takeFirstStepTime())
      await new Promise((resolve) => setImmediate(resolve));
    resumes.push(body - begin);
  }
  await run.returnValue;
  await bench.close();
  return { ...request, wall_ms: spread(walls.slice(100)), resume_ms: round(median(resumes.slice(100))) };
}

/** Cold replay of a history of `n` steps: a new process's first look at the run, up to where it goes on. */
export async function replay(request: Request): Promise<Row> {
  const bench = await openBenchWorld(request.world);
  const token = randomBytes(8).toString('hex');
  const run = await bench.runtime.start(workflows.replayed, [token, request.n]);
  while (!(await bench.world.runs.hookByToken(token))) await new Promise((resolve) => setTimeout(resolve, 5));
  const walls: number[] = [];
  for (let i = 0; i < request.iters; i += 1) {
    await bench.restart();
    const last = i === request.iters - 1;
    workflows.takeFirstStepTime();
    const begin = performance.now();
    await bench.runtime.resumeHook(token, last);
    let body = workflows.takeFirstStepTime();
    for (; body === 0; body = workflows.takeFirstStepTime())
      await new Promise((resolve) => setImmediate(resolve));
    walls.push(body - begin);
    while ((await bench.world.runs.steps(run.runId)).some(({ status }) => status === 'running')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  await bench.runtime.getRun(run.runId).returnValue;
  await bench.close();
  return { ...request, wall_ms: spread(walls) };
}

/** Steps when every turn replays, with the hydration cache and without. */
export async function hydrate(request: Request): Promise<Row> {
  const measured: Record<string, { wall: number; hydrations: number }> = {};
  for (const hydrationCache of ['on', 'off'] as const) {
    const bench = await openBenchWorld(request.world, { maxResidentExecutions: 0, hydrationCache });
    const walls: number[] = [];
    for (let i = 0; i < request.iters; i += 1) {
      const begin = performance.now();
      await (await bench.runtime.start(workflows.seq, [request.n])).returnValue;
      walls.push(performance.now() - begin);
    }
    measured[hydrationCache] = {
      wall: round(median(walls)),
      hydrations: bench.runtime.counters.hydrations / request.iters,
    };
    await bench.close();
  }
  return {
    ...request,
    hydrations: measured.on!.hydrations,
    hydrations_without: measured.off!.hydrations,
    cached_ms: measured.on!.wall,
    uncached_ms: measured.off!.wall,
  };
}

/** Memory per suspended run: `n` runs that sleep, with the Executions that stay resident. */
export async function suspended(request: Request): Promise<Row> {
  const residents = Math.min(request.n, 1_000);
  const bench = await openBenchWorld(request.world, {
    maxResidentExecutions: residents,
    maxConcurrentRuns: 64,
  });
  const memory = (): number => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  for (let i = 0; i < 20; i += 1) await (await bench.runtime.start(workflows.nostep)).returnValue;
  const before = memory();
  let last = '';
  for (let i = 0; i < request.n; i += 1) last = (await bench.runtime.start(workflows.suspended)).runId;
  while ((await bench.world.runs.waits(last)).length === 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const grown = memory() - before;
  const { residentCount } = bench.runtime;
  await bench.close();
  return {
    ...request,
    resident: residentCount,
    kb_per_resident: round(grown / 1_024 / residentCount),
    heap_mb: round(grown / 2 ** 20),
  };
}
