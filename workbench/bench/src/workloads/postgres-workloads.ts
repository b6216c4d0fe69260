/** Workloads that look at what a world on Postgres asks of its server. */
import { createPostgresWorld } from '@perdure/world-postgres';
import { startProxy } from '@workbench/postgres/proxy.ts';
import { createRuntime } from 'perdure/runtime';
import { openBenchWorld } from '../bench-world.ts';
import { Progress } from '../progress.ts';
import { percentile, round, spread } from '../statistics.ts';
import * as workflows from '../workflows.ts';
import type { Request, Row } from '../workload.ts';

type Counted = Request & { readonly postgresUrl: string };

/** Looks for due runs and for the end of one, renewals and greetings belong to the clock, not to a run. */
const ofTheClock = /claim_runs|pg_notify|renew_claims|row_to_json/;

/** Statements and commits of one run, counted on the wire. */
async function countedOnTheWire(
  { postgresUrl }: Counted,
  run: (runtime: ReturnType<typeof createRuntime>) => Promise<unknown>,
): Promise<{ readonly statements: number; readonly commits: number }> {
  const proxy = await startProxy({ url: postgresUrl });
  const schema = `bench_count_${process.pid}`;
  const world = createPostgresWorld({ connectionString: proxy.through(postgresUrl), schema });
  const runtime = createRuntime({ world });
  await run(runtime);
  proxy.forget();
  await run(runtime);
  const { statements, commits } = proxy.passed;
  let count = 0;
  let byClock = 0;
  for (const [text, times] of statements) {
    if (ofTheClock.test(text)) byClock += times;
    else count += times;
  }
  await runtime.close();
  await world.clear();
  await world.close();
  await proxy.close();
  return { statements: count, commits: commits - byClock };
}

const counted: Record<string, (runtime: ReturnType<typeof createRuntime>, n: number) => Promise<unknown>> = {
  seq: async (runtime, n) => (await runtime.start(workflows.seq, [n])).returnValue,
  par: async (runtime, n) => (await runtime.start(workflows.par, [n])).returnValue,
};

export async function count(request: Request): Promise<Row> {
  const rows: Record<string, number> = {};
  for (const [name, run] of Object.entries(counted)) {
    const { statements, commits } = await countedOnTheWire(request as Counted, (runtime) =>
      run(runtime, request.n),
    );
    rows[`${name}_statements`] = statements;
    rows[`${name}_commits`] = commits;
  }
  return {
    ...request,
    ...rows,
    sql_per_step: round(rows.seq_statements! / request.n),
    commits_per_step: round(rows.seq_commits! / request.n),
  };
}

/** Statements a minute of a process that has nothing to do: as long as `n` seconds. */
export async function idle(request: Request): Promise<Row> {
  const bench = await openBenchWorld(request.world);
  await (await bench.runtime.start(workflows.seq, [1])).returnValue;
  const statements = () =>
    'stats' in bench.world ? (bench.world.stats as () => { statements: number })().statements : 0;
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const before = statements();
  const cpu = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, request.n * 1_000));
  const used = process.cpuUsage(cpu);
  const minutes = request.n / 60;
  const statements_per_min = round((statements() - before) / minutes);
  const cpu_ms_per_min = round((used.user + used.system) / 1_000 / minutes);
  await bench.close();
  return { ...request, statements_per_min, cpu_ms_per_min };
}

/** From one process to another: what starts runs and resumes hooks drives none, and what drives hears of them through the world. */
export async function handover(request: Request): Promise<Row> {
  const bench = await openBenchWorld(request.world);
  const world = await bench.another();
  const producer = createRuntime({ world, worker: 'off' });
  const rounds = request.iters * 20;
  const starts: number[] = [];
  const resumes: number[] = [];
  const body = async (): Promise<number> => {
    for (;;) {
      const at = workflows.takeFirstStepTime();
      if (at > 0) return at;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  for (let i = 0; i < rounds + 20; i += 1) {
    workflows.takeFirstStepTime();
    const begin = performance.now();
    const run = await producer.start(workflows.seq, [1]);
    const at = await body();
    await run.returnValue;
    if (i >= 20) starts.push(at - begin);
  }
  const token = `handover ${process.pid}`;
  const run = await producer.start(workflows.hook, [token, rounds]);
  const progress = new Progress(world, run.runId);
  for (let i = 0; i < rounds; i += 1) {
    await progress.until(i);
    workflows.takeFirstStepTime();
    const begin = performance.now();
    await producer.resumeHook(token, 1);
    resumes.push((await body()) - begin);
  }
  await run.returnValue;
  await producer.close();
  await world.close();
  await bench.close();
  return {
    ...request,
    wall_ms: spread(starts),
    first_step_p50_ms: round(percentile(starts, 50)),
    first_step_p95_ms: round(percentile(starts, 95)),
    resume_p50_ms: round(percentile(resumes, 50)),
    resume_p95_ms: round(percentile(resumes, 95)),
  };
}
