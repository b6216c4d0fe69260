/** The signal of an attempt tells its body that its work is no longer wanted. */
import { createMemoryWorld } from '@perdure/world-memory';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { getStepMetadata, type ProgramSource } from '../src/index.ts';
import { declareSteps, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
const heard: string[] = [];

beforeAll(async () => {
  declareSteps({
    'signals/waits': async () => {
      const { signal } = getStepMetadata();
      heard.push('waits');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      heard.push(`${(signal.reason as Error).name}: ${(signal.reason as Error).message}`);
      throw signal.reason;
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    const waits = step('signals/waits');
    registerWorkflow('waits', async () => await waits());
  `);
});

beforeEach(() => {
  heard.length = 0;
});

describe('the signal of a step in flight', () => {
  it('aborts when the run is cancelled', async () => {
    const harness = startHarness(program);
    const run = await harness.runtime.start({ workflowId: 'waits' }, []);
    await until(() => heard.includes('waits'));
    await run.cancel({ cancelReason: 'not needed' });
    const [, reason] = await until(() => heard.length === 2 && heard);
    expect(reason).toContain('AbortError');
    expect(await run.status).toBe('cancelled');
    await harness.close();
  });

  it('aborts when another worker has taken the run', async () => {
    let now = Date.now();
    const clock = () => now;
    const leaseMs = 60;
    const world = createMemoryWorld({ clock });
    const harness = startHarness(program, { world, clock, leaseMs, pollMs: 600_000 });
    const run = await harness.runtime.start({ workflowId: 'waits' }, []);
    await until(() => heard.includes('waits'));
    await until(async () => {
      now += leaseMs + 1;
      const { claimed } = await world.runs.claim({ worker: 'worker_other', leaseMs: 60_000, limit: 1 });
      return claimed.length === 1;
    });
    const [, reason] = await until(() => heard.length === 2 && heard);
    expect(reason).toBe('AbortError: The claim on the run was lost.');
    expect((await world.runs.steps(run.runId)).map(({ attempt }) => attempt)).toEqual([1]);
    await harness.close();
  });
});
