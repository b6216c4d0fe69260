/** Where hints may have been lost, who waits for something looks at once, and not at the next time that it would have. */
import type { Hint } from '@perdure/world';
import { createMemoryWorld } from '@perdure/world-memory';
import { expect, it } from 'vitest';
import { declareSteps, gate, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

const program = await buildProgram(`
  import { registerWorkflow, step } from 'perdure:guest';
  import { createHook } from 'perdure';
  const waits = step('waits');
  registerWorkflow('echoes', async (n) => n);
  registerWorkflow('races', async (token) => {
    const hook = createHook({ token });
    return await Promise.race([hook, waits()]);
  });
`);

/** A world whose hints get lost, until it says so. */
function deafWorld() {
  const world = createMemoryWorld();
  const listeners = new Set<(hint: Hint) => void>();
  world.runs.watch = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const tellMissed = (): void => {
    for (const listener of listeners) listener({ runId: '', kind: 'missed' });
  };
  return { world, tellMissed };
}

/** Less time than any look that comes by itself. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

it('a run that became due meanwhile is taken', async () => {
  const { world, tellMissed } = deafWorld();
  const worker = startHarness(program, { world });
  const producer = startHarness(program, { world, worker: 'off' });
  await turns();
  const { runId } = await producer.runtime.start({ workflowId: 'echoes' }, [1]);
  await turns();
  expect((await world.runs.get(runId))?.status).toBe('pending');
  tellMissed();
  await turns();
  expect((await world.runs.get(runId))?.status).toBe('completed');
  await producer.runtime.close();
  await worker.close();
});

it('a run that is driven here hears of what was sent to it', async () => {
  const blocked = gate();
  declareSteps({ waits: () => blocked.promise });
  const { world, tellMissed } = deafWorld();
  const worker = startHarness(program, { world });
  const producer = startHarness(program, { world, worker: 'off' });
  const { runId } = await worker.runtime.start({ workflowId: 'races' }, ['t']);
  await until(async () => (await world.runs.steps(runId)).some(({ attempt }) => attempt === 1));
  await producer.runtime.resumeHook('t', 'news');
  await turns();
  expect((await world.runs.get(runId))?.status).toBe('running');
  tellMissed();
  await turns();
  expect((await world.runs.get(runId))?.status).toBe('completed');
  blocked.open();
  await producer.runtime.close();
  await worker.close();
});

it('who waits for an end that came meanwhile is told of it', async () => {
  const { world, tellMissed } = deafWorld();
  const waiter = startHarness(program, { world, worker: 'off' });
  const { runId } = await waiter.runtime.start({ workflowId: 'echoes' }, [1]);
  let told: unknown = 'not told';
  void waiter.runtime.getRun(runId).returnValue.then((value) => {
    told = value;
  });
  await turns();
  const worker = startHarness(program, { world });
  await turns();
  expect((await world.runs.get(runId))?.status).toBe('completed');
  expect(told).toBe('not told');
  tellMissed();
  await turns();
  expect(told).toBe(1);
  await waiter.runtime.close();
  await worker.close();
});
