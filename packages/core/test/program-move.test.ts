import type { World } from '@perdure/world';
import { createMemoryWorld } from '@perdure/world-memory';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ProgramSource } from '../src/index.ts';
import { declareSteps, gate, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let first: ProgramSource;
let second: ProgramSource;
let byEnvironment: ProgramSource;
let bodies = 0;
let slow = gate<string>();

const source = (end: string): string => `
  import { step, registerWorkflow } from 'perdure:guest';
  import { createHook } from 'perdure';
  const slow = step('move/slow');
  registerWorkflow('move', async () => { const value = await slow(); return value + '${end}'; });
  registerWorkflow('waits', async () => (await createHook({ token: 'go' })) + '${end}');
`;

beforeAll(async () => {
  declareSteps({
    'move/slow': () => {
      bodies += 1;
      return slow.promise;
    },
    'move/a': () => 'a',
    'move/b': () => 'b',
  });
  first = await buildProgram(source('1'));
  second = await buildProgram(source('2'));
  byEnvironment = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { createHook } from 'perdure';
    const a = step('move/a'), b = step('move/b');
    registerWorkflow('branch', async () => [await (process.env.BRANCH === 'a' ? a() : b()), await createHook({ token: 'go' })]);
  `);
});

describe('a run that is moved to another program', () => {
  it.each([256, 0])(
    'goes on there with the step that is in flight (%d Executions kept)',
    async (maxResidentExecutions) => {
      bodies = 0;
      slow = gate();
      const harness = startHarness(first, { maxResidentExecutions });
      const run = await harness.runtime.start({ workflowId: 'move' }, []);
      await until(() => bodies === 1);
      const move = await harness.runtime.upgrade(run.runId, { program: second });
      expect(move).toEqual({
        runId: run.runId,
        version: 4,
        from: first.hash,
        to: second.hash,
        outcome: 'moved',
      });
      slow.open('x');
      expect(await run.returnValue).toBe('x2');
      expect(bodies).toBe(1);
      expect((await harness.world.runs.get(run.runId))?.program).toBe(second.hash);
      expect(harness.problems).toEqual([]);
      await harness.close();
    },
  );

  it('is checked again when the run went on in the meantime', async () => {
    const world = createMemoryWorld();
    let meanwhile = 0;
    const busy: World = {
      ...world,
      now: () => world.now(),
      clear: () => world.clear(),
      close: () => world.close(),
      runs: new Proxy(world.runs, {
        get: (runs, name) => {
          const method = Reflect.get(runs, name) as (...args: never[]) => unknown;
          if (name !== 'send') return method.bind(runs);
          return async (runId: string, event: never, options?: { after?: number }) => {
            if (options?.after !== undefined && meanwhile++ === 0) {
              const attributes = { seen: 'yes' };
              await runs.send(runId, { eventType: 'attr_set', key: 'meanwhile', eventData: { attributes } });
            }
            return runs.send(runId, event, options);
          };
        },
      }),
    };
    const harness = startHarness(first, { world: busy });
    const run = await harness.runtime.start({ workflowId: 'waits' }, []);
    await until(() => world.runs.hookByToken('go'));
    const move = await harness.runtime.upgrade(run.runId, { program: second });
    expect(move).toMatchObject({ outcome: 'moved', version: 4 });
    expect(meanwhile).toBe(2);
    await harness.runtime.resumeHook('go', 'y');
    expect(await run.returnValue).toBe('y2');
    await harness.close();
  });

  it('is not moved by a check', async () => {
    const harness = startHarness(first);
    const run = await harness.runtime.start({ workflowId: 'waits' }, []);
    await until(() => harness.world.runs.hookByToken('go'));
    const check = await harness.runtime.upgrade(run.runId, { program: second, mode: 'check' });
    expect(check.outcome).toBe('checked');
    expect(await harness.world.programs.get(second.hash)).toBeUndefined();
    await harness.runtime.resumeHook('go', 'z');
    expect(await run.returnValue).toBe('z1');
    await expect(harness.runtime.upgrade(run.runId, { program: second })).rejects.toMatchObject({
      code: 'RUN_ENDED',
    });
    await harness.close();
  });
});

describe('a run whose own program asks for something else', () => {
  it('waits with the likely cause, and goes on when the cause is gone', async () => {
    const world = createMemoryWorld();
    const before = startHarness(byEnvironment, { world, env: { BRANCH: 'a' } });
    const run = await before.runtime.start({ workflowId: 'branch' }, []);
    await until(() => world.runs.hookByToken('go'));
    await before.runtime.close();
    const other = startHarness(byEnvironment, { world, env: { BRANCH: 'b' } });
    await other.runtime.resumeHook('go', 1);
    const paused = await until(async () => {
      const found = await world.runs.get(run.runId);
      return found?.status === 'paused' && found;
    });
    expect(paused.pauseReason).toMatchObject({
      code: 'DIVERGENCE',
      message: expect.stringMatching(
        /has step_created step_\w+_0 move\/a, the program asks for schedule-step \S+ move\/b/,
      ),
      hint: expect.stringContaining('such as process.env'),
    });
    await other.runtime.close();
    const mended = startHarness(byEnvironment, { world, env: { BRANCH: 'a' } });
    expect(await mended.runtime.getRun(run.runId).returnValue).toEqual(['a', 1]);
    await mended.close();
  });
});

describe('a run that waits for nothing', () => {
  it('is reported, and goes on being there', async () => {
    const stuck = await buildProgram(`
      import { step, registerWorkflow } from 'perdure:guest';
      const a = step('move/a');
      registerWorkflow('stuck', async () => { await a(); await new Promise(() => undefined); });
    `);
    const told: unknown[] = [];
    const harness = startHarness(stuck, { report: (_problem, error) => told.push(error) });
    const run = await harness.runtime.start({ workflowId: 'stuck' }, []);
    await until(() => told.length > 0);
    expect(told).toMatchObject([{ code: 'WAITS_FOR_NOTHING', message: expect.stringContaining(run.runId) }]);
    expect(await run.status).toBe('running');
    await run.cancel();
    await harness.close();
  });

  it('is none that ended before the reply came to the write that gave it back', async () => {
    const naps = await buildProgram(`
      import { registerWorkflow } from 'perdure:guest';
      import { sleep } from 'perdure';
      registerWorkflow('naps', async () => { await sleep(100); return 'rested'; });
    `);
    const world = createMemoryWorld();
    const { append } = world.runs;
    const ended = gate();
    let held = 0;
    world.runs.append = async (claim, events, options) => {
      const result = await append.call(world.runs, claim, events, options);
      if (events.some(({ eventType }) => eventType === 'run_completed')) ended.open();
      else if (options.release) {
        held += 1;
        await ended.promise;
      }
      return result;
    };
    const harness = startHarness(naps, { world, pollMs: 5 });
    expect(await harness.run('naps')).toBe('rested');
    await harness.close();
    expect({ held, problems: harness.problems }).toEqual({ held: 1, problems: [] });
  });
});
