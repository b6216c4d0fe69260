/** A worker has `maxConcurrentRuns` places, those included for runs that may come with an answer that is under way. */
import { createMemoryWorld } from '@perdure/world-memory';
import { expect, it } from 'vitest';
import { startHarness } from './harness.ts';
import { buildProgram } from './program.ts';

const program = await buildProgram(`
  import { registerWorkflow } from 'perdure:guest';
  import { createHook } from 'perdure';
  registerWorkflow('echoes', async (n) => n);
  registerWorkflow('waits', async (token) => await createHook({ token }));
`);

/** A world whose creations and sends take a while, with how many of them asked for a claim at a time. */
function slowWorld() {
  const world = createMemoryWorld();
  const asked = { now: 0, most: 0 };
  const slow = async <T>(claims: boolean, work: () => Promise<T>): Promise<T> => {
    if (claims) asked.now += 1;
    asked.most = Math.max(asked.most, asked.now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    try {
      return await work();
    } finally {
      if (claims) asked.now -= 1;
    }
  };
  const { create, send } = world.runs;
  world.runs.create = (event, options = {}) =>
    slow(options.claimFor !== undefined, () => create.call(world.runs, event, options));
  world.runs.send = (runId, event, options = {}) =>
    slow(options.claimFor !== undefined, () => send.call(world.runs, runId, event, options));
  return { world, asked };
}

it('who starts many at once claims as many as there are places, and drives all of them', async () => {
  const { world, asked } = slowWorld();
  const harness = startHarness(program, { world, maxConcurrentRuns: 2 });
  const results = await Promise.all(Array.from({ length: 9 }, (_, n) => harness.run('echoes', n)));
  expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(asked.most).toBe(2);
  await harness.close();
});

it('who resumes many at once claims as many as there are places, and drives all of them', async () => {
  const { world, asked } = slowWorld();
  const harness = startHarness(program, { world, maxConcurrentRuns: 2 });
  const tokens = ['a', 'b', 'c', 'd', 'e'];
  const runs = [];
  for (const token of tokens) runs.push(await harness.runtime.start({ workflowId: 'waits' }, [token]));
  for (const token of tokens)
    while (!(await world.runs.hookByToken(token))) await new Promise((resolve) => setImmediate(resolve));
  asked.most = 0;
  await Promise.all(tokens.map((token) => harness.runtime.resumeHook(token, token)));
  expect(await Promise.all(runs.map((run) => run.returnValue))).toEqual(tokens);
  expect(asked.most).toBe(2);
  await harness.close();
});

it('an answer without a claim, or none at all, gives its place back', async () => {
  const { world } = slowWorld();
  const harness = startHarness(program, { world, maxConcurrentRuns: 1 });
  const [first, joined] = await Promise.all([
    harness.runtime.start({ workflowId: 'waits' }, ['t'], { key: 'k' }),
    harness.runtime.start({ workflowId: 'waits' }, ['t'], { key: 'k' }),
  ]);
  expect(joined.runId).toBe(first.runId);
  const fails = harness.runtime.start({ workflowId: 'waits' }, ['u'], { key: 'k', onConflict: 'fail' });
  await expect(fails).rejects.toMatchObject({ code: 'KEY_TAKEN' });
  await harness.runtime.resumeHook('t', 1);
  expect(await first.returnValue).toBe(1);
  expect(await harness.run('echoes', 2)).toBe(2);
  await harness.close();
});
