/** What a handle of a run tells to whoever has its id. */
import { createMemoryWorld } from '@perdure/world-memory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgramSource } from '../src/index.ts';
import { declareSteps, gate, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
let harness: Harness;
let blocked = gate();

beforeAll(async () => {
  declareSteps({ 'handles/blocked': () => blocked.promise, 'handles/nothing': () => undefined });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { createHook, setAttributes } from 'perdure';
    import { start } from 'perdure/api';
    const blocked = step('handles/blocked'), nothing = step('handles/nothing');
    registerWorkflow('blocked', async (n) => { await blocked(); return n; });
    registerWorkflow('child', async (n) => { await nothing(); return n + 1; });
    registerWorkflow('parent', async (n) => await (await start({ workflowId: 'child' }, [n])).returnValue);
    registerWorkflow('marks', async () => { void setAttributes({ late: 'kept' }); return 'over'; });
    registerWorkflow('throws', async () => { throw { when: new Date(5), f: () => 1 }; });
    registerWorkflow('recreates', async (token) => { const one = createHook({ token }); one.dispose(); createHook({ token }); await nothing(); return 'released'; });
    registerWorkflow('stalls', async () => { await new Promise(() => {}); });
  `);
  harness = startHarness(program);
});

afterAll(() => harness.close());

describe('a handle', () => {
  it('is made without a look at the world, of any id', async () => {
    const world = createMemoryWorld();
    let looks = 0;
    const { runs } = world;
    const counted = new Proxy(runs, {
      get(_, name) {
        looks += 1;
        const member = (runs as unknown as Record<string | symbol, unknown>)[name];
        return typeof member === 'function' ? member.bind(runs) : member;
      },
    });
    const seen = new Proxy(world, {
      get: (_, name) =>
        name === 'runs' ? counted : (world as unknown as Record<string | symbol, unknown>)[name],
    });
    const bare = startHarness(program, { world: seen, worker: 'off' });
    const before = looks;
    const run = bare.runtime.getRun('wrun_none');
    expect([run.runId, looks]).toEqual(['wrun_none', before]);
    expect(await run.exists).toBe(false);
    expect(looks).toBeGreaterThan(before);
    await bare.runtime.close();
    await world.close();
  });

  it.each([
    'status',
    'returnValue',
    'workflowName',
    'createdAt',
    'startedAt',
    'completedAt',
    'attributes',
  ] as const)('of a run that is not there rejects: %s', async (property) => {
    await expect(harness.runtime.getRun('wrun_none')[property]).rejects.toMatchObject({
      name: 'WorkflowRunNotFoundError',
      code: 'RUN_NOT_FOUND',
      runId: 'wrun_none',
    });
  });

  it('tells name, times, attributes and status, from the start to the end', async () => {
    blocked = gate();
    const before = Date.now();
    const run = await harness.runtime.start({ workflowId: 'blocked' }, [7], { attributes: { a: 'b' } });
    await until(async () => (await run.startedAt) !== undefined);
    expect([await run.exists, await run.status, await run.completedAt]).toEqual([true, 'running', undefined]);
    blocked.open();
    expect(await run.returnValue).toBe(7);
    const [created, started, completed] = [await run.createdAt, await run.startedAt, await run.completedAt];
    expect(created.getTime()).toBeGreaterThanOrEqual(before);
    expect(started!.getTime()).toBeGreaterThanOrEqual(created.getTime());
    expect(completed!.getTime()).toBeGreaterThanOrEqual(started!.getTime());
    expect([await run.workflowName, await run.status, await run.attributes]).toEqual([
      'blocked',
      'completed',
      { a: 'b' },
    ]);
  });

  it.each([
    ['is told the result where the run is driven: it looks at the end only', 'here', [0, 1]],
    ['is told the result: it looks at the start and at the end, not in between', 'off', [1, 2]],
  ] as const)('%s', async (_, asked, [atFirst, inAll]) => {
    blocked = gate();
    const world = createMemoryWorld();
    let looks = 0;
    const get = world.runs.get;
    world.runs.get = (runId) => {
      looks += 1;
      return get.call(world.runs, runId);
    };
    const own = startHarness(program, { world });
    const run = await own.runtime.start({ workflowId: 'blocked' }, [1]);
    const elsewhere = asked === 'off' ? startHarness(program, { world, worker: asked }) : own;
    let result: unknown = 'not told';
    void elsewhere.runtime.getRun(run.runId).returnValue.then((value) => {
      result = value;
    });
    const ended = gate();
    world.runs.watch(({ kind }) => kind === 'ended' && ended.open());
    await until(async () => (await world.runs.steps(run.runId)).some(({ attempt }) => attempt === 1));
    expect(looks).toBe(atFirst);
    blocked.open();
    await ended.promise;
    // A timer would take longer than a few turns of the event loop.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect([result, looks]).toEqual([1, inAll]);
    await elsewhere.runtime.close();
    await own.close();
  });
});

describe('a parent', () => {
  it('that awaits a child holds no place of the worker, which drives the child', async () => {
    const narrow = startHarness(program, { maxConcurrentRuns: 1 });
    expect(await narrow.run('parent', 4)).toBe(5);
    await narrow.close();
  });
});

describe('the end of a run', () => {
  it('keeps attributes that were set just before the return', async () => {
    const run = await harness.runtime.start({ workflowId: 'marks' }, []);
    expect(await run.returnValue).toBe('over');
    expect(await run.attributes).toEqual({ late: 'kept' });
  });

  it('is a failure with the path when a thrown value cannot be stored', async () => {
    await expect(harness.run('throws')).rejects.toMatchObject({
      errorCode: 'NOT_SERIALIZABLE',
      cause: { name: 'SerializationError', path: '.f' },
    });
  });

  it('releases the tokens of its hooks, also one made again by the same run', async () => {
    expect(await harness.run('recreates', 'again')).toBe('released');
    await expect(harness.runtime.getHookByToken('again')).rejects.toMatchObject({ code: 'HOOK_NOT_FOUND' });
    expect(await harness.run('recreates', 'again')).toBe('released');
  });
});
