import { getHeapStatistics } from 'node:v8';
import { expect, it } from 'vitest';
import { startHarness } from './harness.ts';
import { buildProgram } from './program.ts';

it('the contexts of runs that ended are collected soon', async () => {
  const program = await buildProgram(`
    import { registerWorkflow } from 'perdure:guest';
    registerWorkflow('w', async () => 1);
  `);
  const harness = startHarness(program);
  let most = 0;
  for (let i = 0; i < 400; i += 1) {
    await harness.run('w');
    most = Math.max(most, getHeapStatistics().number_of_native_contexts);
  }
  await harness.close();
  expect(most).toBeLessThan(250);
});

it('no context of a program shows what collects them', async () => {
  const program = await buildProgram(`
    import { registerWorkflow } from 'perdure:guest';
    registerWorkflow('w', async () => typeof globalThis.gc);
  `);
  const harness = startHarness(program);
  for (let i = 0; i < 100; i += 1) expect(await harness.run('w')).toBe('undefined');
  await harness.close();
});
