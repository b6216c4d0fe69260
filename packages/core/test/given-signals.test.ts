/** Signals and controllers that callers and steps give to a run, live on both sides. */
import { getEventListeners } from 'node:events';
import { createMemoryWorld } from '@perdure/world-memory';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProgramSource } from '../src/index.ts';
import { declareSteps, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
let made: AbortController;
let begun = 0;
const open: Harness[] = [];

beforeAll(async () => {
  declareSteps({
    'given/waits': (signal: AbortSignal) => {
      begun += 1;
      return new Promise((resolve) => {
        const told = (): void => resolve(`step: ${signal.reason}`);
        if (signal.aborted) told();
        else signal.addEventListener('abort', told);
      });
    },
    'given/makes': () => {
      made = new AbortController();
      return { signal: made.signal, same: made.signal };
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { createHook } from 'perdure';
    const waits = step('given/waits'), makes = step('given/makes');
    const aborted = (signal) => new Promise((resolve) => signal.aborted ? resolve(signal.reason) : signal.addEventListener('abort', () => resolve(signal.reason)));
    registerWorkflow('hears', async (signal) => 'workflow: ' + await aborted(signal));
    registerWorkflow('passes', async (signal) => await waits(signal));
    registerWorkflow('aborts', async (controller) => { controller.abort(new RangeError('enough')); await createHook({ token: 'never' }); });
    registerWorkflow('takes', async (signal) => signal.aborted);
    registerWorkflow('last', async (controller) => { controller.abort('last'); return 'done'; });
    registerWorkflow('both', async ({ controller, signal }) => [controller.signal === signal, String(await aborted(signal))]);
    registerWorkflow('hooked', async () => { const { signal } = await createHook({ token: 'signal' }); return 'hook: ' + await aborted(signal); });
    registerWorkflow('returned', async () => { const { signal, same } = await makes(); const hook = createHook({ token: 'made' }); return [signal === same, 'returned: ' + await aborted(signal)]; });
  `);
});

afterEach(async () => {
  for (const harness of open.splice(0)) {
    expect(harness.problems).toEqual([]);
    await harness.close();
  }
});

describe.each([256, 0])('with %d Executions kept', (maxResidentExecutions) => {
  function harnessOf(): Harness {
    const harness = startHarness(program, { world: createMemoryWorld(), maxResidentExecutions });
    open.push(harness);
    return harness;
  }

  it('the abort of a caller reaches the workflow, at once, later, and before', async () => {
    const { runtime, events } = harnessOf();
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    controllers[0]!.abort('before');
    const runs = await Promise.all(
      controllers.map(({ signal }) => runtime.start({ workflowId: 'hears' }, [signal])),
    );
    controllers[1]!.abort('at once');
    await until(async () =>
      (await events(runs[2]!.runId)).some(({ eventType }) => eventType === 'run_started'),
    );
    controllers[2]!.abort('later');
    expect(await Promise.all(runs.map(({ returnValue }) => returnValue))).toEqual([
      'workflow: before',
      'workflow: at once',
      'workflow: later',
    ]);
  });

  it('the abort of a caller reaches the step in flight that was given the signal', async () => {
    const { runtime } = harnessOf();
    begun = 0;
    const controller = new AbortController();
    const run = await runtime.start({ workflowId: 'passes' }, [controller.signal]);
    await until(() => begun === 1);
    controller.abort('stop');
    expect(await run.returnValue).toBe('step: stop');
  });

  it('a controller is one with its signal, and what the run does with it comes back', async () => {
    const { runtime } = harnessOf();
    const controller = new AbortController();
    const both = await runtime.start({ workflowId: 'both' }, [{ controller, signal: controller.signal }]);
    const other = new AbortController();
    const run = await runtime.start({ workflowId: 'aborts' }, [other]);
    await until(() => other.signal.aborted);
    expect(other.signal.reason).toBeInstanceOf(RangeError);
    expect(other.signal.reason.message).toBe('enough');
    await run.cancel();
    controller.abort('mine');
    expect(await both.returnValue).toEqual([true, 'mine']);
  });

  it('a signal of many runs is let go of when each ends', async () => {
    const { runtime } = harnessOf();
    const controller = new AbortController();
    const before = getEventListeners(controller.signal, 'abort').length;
    const runs = await Promise.all(
      Array.from({ length: 20 }, () => runtime.start({ workflowId: 'last' }, [controller])),
    );
    expect(await Promise.all(runs.map(({ returnValue }) => returnValue))).toEqual(runs.map(() => 'done'));
    await until(() => controller.signal.aborted);
    expect(controller.signal.reason).toBe('last');
    const quiet = new AbortController();
    const one = await runtime.start({ workflowId: 'takes' }, [quiet.signal]);
    expect(await one.returnValue).toBe(false);
    await until(() => getEventListeners(quiet.signal, 'abort').length === before);
  });

  it('signals cross in payloads of hooks, and back from steps', async () => {
    const { runtime, world } = harnessOf();
    const hooked = await runtime.start({ workflowId: 'hooked' }, []);
    await until(() => world.runs.hookByToken('signal'));
    const controller = new AbortController();
    await runtime.resumeHook('signal', { signal: controller.signal });
    controller.abort('sent');
    expect(await hooked.returnValue).toBe('hook: sent');
    const returned = await runtime.start({ workflowId: 'returned' }, []);
    await until(() => world.runs.hookByToken('made'));
    made.abort('by its maker');
    expect(await returned.returnValue).toEqual([true, 'returned: by its maker']);
  });
});
