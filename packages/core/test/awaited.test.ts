/** Runs that workflows wait for without having started them, and claims that come when a worker has stopped. */
import { createMemoryWorld } from '@perdure/world-memory';
import { beforeAll, expect, it } from 'vitest';
import type { ProgramSource } from '../src/index.ts';
import { startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;

beforeAll(async () => {
  program = await buildProgram(`
    import { registerWorkflow } from 'perdure:guest';
    import { createHook } from 'perdure';
    import { getRun } from 'perdure/api';
    registerWorkflow('awaited', async () => await createHook({ token: 'awaited' }));
    registerWorkflow('awaits', async (runId) => await getRun(runId).returnValue);
  `);
});

it.each([256, 0])(
  'a run hears of the end of another that it did not start, without looking (%d kept)',
  async (kept) => {
    // The clock stands still: no look is ever due again.
    const clock = (): number => 1_800_000_000_000;
    const world = createMemoryWorld({ clock });
    const harness = startHarness(program, { world, clock, maxResidentExecutions: kept });
    const awaited = await harness.runtime.start({ workflowId: 'awaited' }, []);
    const waiting = await Promise.all(
      [1, 2, 3].map(() => harness.runtime.start({ workflowId: 'awaits' }, [awaited.runId])),
    );
    for (const { runId } of waiting) {
      await until(async () => {
        const run = await world.runs.get(runId);
        const history = await harness.events(runId);
        return run && history.some(({ eventType }) => eventType === 'child_started');
      });
    }
    await harness.runtime.resumeHook('awaited', 'news');
    for (const run of waiting) expect(await run.returnValue).toBe('news');
    expect(harness.problems).toEqual([]);
    await harness.close();
  },
);

it('a claim that comes when the worker has stopped is given back', async () => {
  const world = createMemoryWorld();
  const release = Promise.withResolvers<void>();
  let asked = 0;
  const slow = new Proxy(world, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (name !== 'runs') return typeof member === 'function' ? member.bind(target) : member;
      return new Proxy(target.runs, {
        get(runs, method) {
          const call = (Reflect.get(runs, method) as (...args: unknown[]) => Promise<unknown>).bind(runs);
          if (method !== 'claim') return call;
          return async (...args: unknown[]) => {
            asked += 1;
            const claimed = await call(...args);
            await release.promise;
            return claimed;
          };
        },
      });
    },
  });
  const producer = startHarness(program, { world, worker: 'off' });
  const run = await producer.runtime.start({ workflowId: 'awaited' }, []);
  const stopping = startHarness(program, { world: slow, pollMs: 1 });
  await until(() => asked > 0);
  const stopped = stopping.runtime.close({ graceMs: 60_000 });
  release.resolve();
  await stopped;
  const { claimed } = await world.runs.claim({ worker: 'worker_b', leaseMs: 1_000, limit: 1 });
  expect(claimed.map(({ claim }) => claim.runId)).toEqual([run.runId]);
  expect(stopping.problems).toEqual([]);
});
