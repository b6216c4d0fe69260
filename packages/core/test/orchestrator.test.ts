import type { AppendResult, Event, World } from '@perdure/world';
import { createMemoryWorld } from '@perdure/world-memory';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FatalError, getStepMetadata, type ProgramSource, RetryableError } from '../src/index.ts';
import { registry } from '../src/registry.ts';
import { declareSteps, gate, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

/** What the step `tick` does. */
let onTick = (): void => undefined;
let program: ProgramSource;
const open: Harness[] = [];
const calls: string[] = [];
let blocked = gate();

function harnessOf(options: Parameters<typeof startHarness>[1] = {}): Harness {
  const harness = startHarness(program, options);
  open.push(harness);
  return harness;
}

beforeAll(async () => {
  declareSteps({
    'o/add': (a: number, b: number) => {
      calls.push(`add ${a} ${b}`);
      return a + b;
    },
    'o/flaky': (failures: number) => {
      const { attempt } = getStepMetadata();
      calls.push(`flaky ${attempt}`);
      if (attempt <= failures) throw new RetryableError('again', { retryAfter: 1 });
      return attempt;
    },
    'o/fatal': () => {
      calls.push('fatal');
      throw new FatalError('never');
    },
    'o/once': Object.assign(
      () => {
        calls.push('once');
        throw new Error('only once');
      },
      { maxRetries: 0 },
    ),
    'o/blocked': async () => {
      calls.push('blocked');
      const { signal } = getStepMetadata();
      await Promise.race([
        blocked.promise,
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ]);
      return 'released';
    },
    'o/tick': (n: number) => {
      calls.push(`tick ${n}`);
      onTick();
    },
    'o/unserializable': () => () => 1,
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { sleep, createHook } from 'perdure';
    const add = step('o/add'), flaky = step('o/flaky'), fatal = step('o/fatal'), once = step('o/once'), blocked = step('o/blocked'), unserializable = step('o/unserializable'), tick = step('o/tick'), missing = step('o/missing');
    registerWorkflow('chain', async (n) => { let s = 0; for (let i = 0; i < n; i++) s = await add(s, 1); return s; });
    registerWorkflow('ticks', async () => { await Promise.all([tick(1), tick(2)]); return 'done'; });
    registerWorkflow('flaky', async (n) => flaky(n));
    registerWorkflow('once', async () => once());
    registerWorkflow('fatal', async () => { try { await fatal(); } catch (e) { return e.message; } });
    registerWorkflow('blocked', async () => { const a = await add(1, 1); const b = await blocked(); return [a, b]; });
    registerWorkflow('blockedFirst', async () => [await blocked(), await add(1, 1)]);
    registerWorkflow('fan', async (n) => (await Promise.all(Array.from({ length: n }, (_, i) => add(i, 0)))).length);
    registerWorkflow('sleepy', async (ms) => { await sleep(ms); return Date.now(); });
    registerWorkflow('relay', async (token) => { const first = await blocked(); await createHook({ token }); return [first, await blocked()]; });
    registerWorkflow('hook', async (token) => { const hook = createHook({ token }); const got = []; for await (const p of hook) { got.push(p); if (p === 'end') return got; } });
    registerWorkflow('clash', async (token) => { const hook = createHook({ token }); try { return await hook; } catch (e) { return [e.name, e.ownerRunId]; } });
    registerWorkflow('reuse', async (token) => { const a = createHook({ token }); a.dispose(); const b = createHook({ token }); return await b; });
    registerWorkflow('shifted', async (token) => {
      const first = createHook({ token: token + ' first' });
      const free = first.then(() => createHook({ token: token + ' free' }).getConflict());
      await add(1, 1);
      const taken = await createHook({ token }).getConflict();
      return [taken.runId, await free];
    });
    registerWorkflow('twins', async (token) => {
      const first = createHook({ token: token + ' first' });
      void first.then(() => add(2, 2));
      await add(1, 1);
      const twins = [createHook({ token }), createHook({ token })];
      const owners = await Promise.all(twins.map((twin) => twin.getConflict()));
      return owners.map((owner) => owner && owner.runId);
    });
    registerWorkflow('unserializable', async () => { try { await unserializable(); } catch (e) { return [e.name, e.code]; } });
    registerWorkflow('badResult', async () => ({ deep: [Symbol('x')] }));
    registerWorkflow('badArgument', async () => { try { await add({ f: () => 1 }); } catch (e) { return [e.name, e.path]; } });
    registerWorkflow('missing', async () => missing(1));
    registerWorkflow('unawaited', async () => { void add(7, 7); void flaky(5); return 'over'; });
    registerWorkflow('forever', async () => { await new Promise(() => {}); });
  `);
});

afterEach(async () => {
  blocked.open();
  blocked = gate();
  calls.length = 0;
  registry().steps.delete('o/missing');
  for (const harness of open.splice(0)) await harness.close();
});

const types = (events: readonly Event[]): string[] => events.map(({ eventType }) => eventType);

describe('a sequence of steps', () => {
  it('costs one append a step: the result and the start of the next step together', async () => {
    const world = createMemoryWorld();
    const appends: number[] = [];
    const append = world.runs.append;
    world.runs.append = (claim, events, options) => {
      appends.push(events.length);
      return append.call(world.runs, claim, events, options);
    };
    expect(await harnessOf({ world }).run('chain', 10)).toBe(10);
    expect(appends).toEqual([3, ...Array(9).fill(3), 2]);
  });

  it('writes the same history whether the Execution stays or is dropped after every event', async () => {
    const histories = [];
    for (const maxResidentExecutions of [256, 0]) {
      const harness = harnessOf({ maxResidentExecutions });
      const run = await harness.runtime.start({ workflowId: 'chain' }, [5]);
      await run.returnValue;
      histories.push(types(await harness.events(run.runId)));
    }
    expect(histories[1]).toEqual(histories[0]);
  });
});

describe('retries', () => {
  it('repeats with the delay asked for until it works', async () => {
    const harness = harnessOf();
    expect(await harness.run('flaky', 2)).toBe(3);
    expect(calls).toEqual(['flaky 1', 'flaky 2', 'flaky 3']);
  });

  it('gives up after four attempts with a FatalError that names step and attempts', async () => {
    const error = await harnessOf()
      .run('flaky', 9)
      .catch((caught: Error) => caught);
    const { cause } = error as { cause: Error };
    expect(cause).toMatchObject({
      name: 'FatalError',
      cause: { name: 'RetryableError', message: 'again' },
    });
    expect(cause.message).toContain('"o/flaky" failed after 4 attempts');
    expect(calls).toHaveLength(4);
  });

  it('makes one attempt with maxRetries = 0, and with a FatalError, which can be caught', async () => {
    const harness = harnessOf();
    await expect(harness.run('once')).rejects.toMatchObject({ cause: { cause: { message: 'only once' } } });
    expect(await harness.run('fatal')).toBe('never');
    expect(calls).toEqual(['once', 'fatal']);
  });
});

describe('values that cannot be stored', () => {
  it('fail the step that brought them, without a retry, and can be caught', async () => {
    const harness = harnessOf();
    expect(await harness.run('unserializable')).toEqual(['SerializationError', 'NOT_SERIALIZABLE']);
    expect(await harness.run('badArgument')).toEqual(['SerializationError', '.args[0].f']);
  });

  it('fail the run as its result, and start() as an argument', async () => {
    const harness = harnessOf();
    await expect(harness.run('badResult')).rejects.toMatchObject({
      errorCode: 'NOT_SERIALIZABLE',
      cause: { path: '.deep[0]' },
    });
    await expect(harness.run('chain', () => 1)).rejects.toMatchObject({
      name: 'SerializationError',
      path: '.args[0]',
    });
  });
});

describe('steps nobody awaits', () => {
  it('get their attempt, and no retry after the end', async () => {
    const harness = harnessOf();
    const run = await harness.runtime.start({ workflowId: 'unawaited' }, []);
    expect(await run.returnValue).toBe('over');
    await until(() => calls.length === 2);
    expect(types(await harness.events(run.runId))).toEqual([
      'run_created',
      'run_started',
      'step_created',
      'step_created',
      'step_started',
      'step_started',
      'run_completed',
    ]);
    expect(calls).toEqual(['add 7 7', 'flaky 1']);
  });
});

describe('a limit on concurrent steps', () => {
  it('starts the others as slots come free', async () => {
    const harness = harnessOf({ maxConcurrentSteps: 3 });
    expect(await harness.run('fan', 20)).toBe(20);
    expect(calls).toHaveLength(20);
  });
});

describe('sleep', () => {
  it('releases the run and never ends early', async () => {
    const harness = harnessOf();
    const before = Date.now();
    expect((await harness.run('sleepy', 30)) as number).toBeGreaterThanOrEqual(before + 30);
  });
});

describe('hooks', () => {
  it('take payloads sent before, between and in a burst, in order', async () => {
    const harness = harnessOf();
    const run = await harness.runtime.start({ workflowId: 'hook' }, ['h1']);
    await until(() => harness.world.runs.hookByToken('h1'));
    await Promise.all([1, 2, 3].map((payload) => harness.runtime.resumeHook('h1', payload)));
    await harness.runtime.resumeHook('h1', 'end', { id: 'same' });
    expect(await run.returnValue).toEqual([1, 2, 3, 'end']);
    await expect(harness.runtime.resumeHook('h1', 4)).rejects.toMatchObject({ code: 'HOOK_NOT_FOUND' });
  });

  it('add nothing for an id that was sent', async () => {
    const harness = harnessOf();
    const run = await harness.runtime.start({ workflowId: 'hook' }, ['h2']);
    await until(() => harness.world.runs.hookByToken('h2'));
    for (let i = 0; i < 3; i += 1) await harness.runtime.resumeHook('h2', 'once', { id: 'a' });
    await harness.runtime.resumeHook('h2', 'end');
    expect(await run.returnValue).toEqual(['once', 'end']);
  });

  it('conflict with a token that another run has, and name its owner', async () => {
    const harness = harnessOf();
    const owner = await harness.runtime.start({ workflowId: 'hook' }, ['h3']);
    await until(() => harness.world.runs.hookByToken('h3'));
    expect(await harness.run('clash', 'h3')).toEqual(['HookConflictError', owner.runId]);
    await harness.runtime.resumeHook('h3', 'end');
    await owner.returnValue;
  });

  it('do not conflict with one that the run disposed', async () => {
    const harness = harnessOf();
    const run = await harness.runtime.start({ workflowId: 'reuse' }, ['h4']);
    await until(async () => (await harness.world.runs.hooks(run.runId)).length === 2);
    await harness.runtime.resumeHook('h4', 'second');
    expect(await run.returnValue).toBe('second');
  });
});

describe('a token that is taken', () => {
  /** A payload for the first hook of `token` arrives after each append that is refused for a token. */
  function interruptedWorld(token: string): World {
    const world = createMemoryWorld();
    const { append } = world.runs;
    const sender = harnessOf({ world, worker: 'off' });
    world.runs.append = async (...args) => {
      const result = await append.apply(world.runs, args);
      if (result.kind === 'token-taken') await sender.runtime.resumeHook(`${token} first`, 1);
      return result;
    };
    return world;
  }

  it('is taken for the hook that asked for it, whatever id its hook has the next time', async () => {
    const world = interruptedWorld('wanted');
    const harness = harnessOf({ world });
    const owner = await harness.runtime.start({ workflowId: 'hook' }, ['wanted']);
    await until(() => world.runs.hookByToken('wanted'));
    expect(await harness.run('shifted', 'wanted')).toEqual([owner.runId, null]);
  });

  it('is taken for the second hook of one run, not for the first', async () => {
    const harness = harnessOf({ world: interruptedWorld('twin') });
    const run = await harness.runtime.start({ workflowId: 'twins' }, ['twin']);
    expect(await run.returnValue).toEqual([null, run.runId]);
  });
});

describe('cancellation', () => {
  it('ends the run, aborts steps in flight, and is idempotent', async () => {
    const harness = harnessOf();
    const run = await harness.runtime.start({ workflowId: 'blocked' }, []);
    await until(() => calls.includes('blocked'));
    await run.cancel({ cancelReason: 'enough' });
    await run.cancel();
    await expect(run.returnValue).rejects.toMatchObject({
      name: 'WorkflowRunCancelledError',
      message: expect.stringContaining('enough'),
    });
    expect(await run.status).toBe('cancelled');
  });

  it('leaves a completed run completed', async () => {
    const harness = harnessOf();
    const run = await harness.runtime.start({ workflowId: 'chain' }, [1]);
    await run.returnValue;
    await run.cancel();
    expect(await run.status).toBe('completed');
    await expect(harness.runtime.getRun('wrun_none').cancel()).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
    });
  });
});

describe('a paused run', () => {
  it('waits for a step that is not registered, and goes on by itself when it is', async () => {
    let now = Date.now();
    const harness = harnessOf({
      world: createMemoryWorld({ clock: () => now }),
      clock: () => now,
      pollMs: 5,
    });
    const run = await harness.runtime.start({ workflowId: 'missing' }, []);
    const paused = await until(async () => {
      const projection = await harness.world.runs.get(run.runId);
      return projection?.status === 'paused' && projection;
    });
    expect(paused.pauseReason).toMatchObject({
      code: 'STEP_NOT_REGISTERED',
      message: expect.stringContaining('"o/missing"'),
    });
    declareSteps({ 'o/missing': (n: number) => n + 1 });
    now += 60_000;
    expect(await run.returnValue).toBe(2);
    expect(types(await harness.events(run.runId))).toEqual([
      'run_created',
      'run_paused',
      'run_resumed',
      'run_started',
      'step_created',
      'step_started',
      'step_completed',
      'run_completed',
    ]);
  });

  it('is what becomes of a workflow that the program does not have', async () => {
    const harness = harnessOf();
    const run = await harness.runtime.start({ workflowId: 'nowhere' }, []);
    await until(async () => (await run.status) === 'paused');
    expect((await harness.world.runs.get(run.runId))?.pauseReason?.code).toBe('WORKFLOW_NOT_REGISTERED');
  });
});

describe('a store that fails', () => {
  /** Fails calls of append by turns: before the write, or after it, when only the reply is lost. */
  function unreliable(world: World, plan: ('before' | 'after' | 'fine')[]): World {
    const append = world.runs.append;
    let call = 0;
    world.runs.append = async (...given): Promise<AppendResult> => {
      const mode = plan[call++ % plan.length];
      if (mode === 'before') throw new Error('connection lost before the write');
      const result = await append.apply(world.runs, given);
      if (mode === 'after') throw new Error('connection lost after the write');
      return result;
    };
    return world;
  }

  it.each([
    ['before the write', ['before', 'fine']],
    ['after the write', ['fine', 'after']],
    ['now and then', ['fine', 'before', 'fine', 'after', 'fine']],
  ] as const)('%s: the run completes, no completed step runs again', async (_name, plan) => {
    const harness = harnessOf({ world: unreliable(createMemoryWorld(), [...plan]) });
    const run = await harness.runtime.start({ workflowId: 'chain' }, [6]);
    expect(await run.returnValue).toBe(6);
    expect(calls).toEqual(['add 0 1', 'add 1 1', 'add 2 1', 'add 3 1', 'add 4 1', 'add 5 1']);
    expect(harness.problems.length).toBeGreaterThan(0);
  });
});

describe('two workers on one world', () => {
  it('lose a claim by the session that it was asked for, not by the one that has the run by then', async () => {
    const world = createMemoryWorld();
    const asked = gate();
    const answers = gate();
    const { renew } = world.runs;
    let renewals = 0;
    world.runs.renew = async (request) => {
      renewals += 1;
      if (renewals === 1) {
        asked.open();
        await answers.promise;
      }
      return renew.call(world.runs, request);
    };
    const harness = harnessOf({ world, leaseMs: 600 });
    const run = await harness.runtime.start({ workflowId: 'relay' }, ['relayed']);
    await asked.promise;
    const first = blocked;
    blocked = gate();
    first.open();
    await until(() => world.runs.hookByToken('relayed'));
    await until(async () =>
      (await world.runs.steps(run.runId)).every(({ status }) => status === 'completed'),
    );
    await harness.runtime.resumeHook('relayed', 'go');
    await until(() => calls.length === 2);
    answers.open();
    await until(() => renewals > 1);
    blocked.open();
    expect(await run.returnValue).toEqual(['released', 'released']);
    expect(calls).toEqual(['blocked', 'blocked']);
  });

  it('never run one run at once; a silent owner is replaced within the lease', async () => {
    let now = Date.now();
    const clock = () => now;
    const world = createMemoryWorld({ clock });
    const first = startHarness(program, { world, clock, leaseMs: 3_000, pollMs: 600_000 });
    const run = await first.runtime.start({ workflowId: 'blocked' }, []);
    await until(() => calls.includes('blocked'));
    // The first worker falls silent: its heartbeat interval is a second of real time, the clock jumps at once.
    const second = harnessOf({ world, clock, pollMs: 5 });
    now += 3_001;
    await until(() => calls.filter((call) => call === 'blocked').length === 2);
    blocked.open();
    expect(await run.returnValue).toEqual([2, 'released']);
    expect(calls.filter((call) => call === 'add 1 1')).toHaveLength(1);
    const attempts = (await world.runs.steps(run.runId)).map(({ attempt }) => attempt);
    expect(attempts).toEqual([1, 2]);
    await first.runtime.close({ graceMs: 0 });
    expect(second.problems).toEqual([]);
  });
});

describe('a worker that was paused for longer than its lease', () => {
  it('keeps what nobody else took, and starts no live step again', async () => {
    let now = Date.now();
    let looks = 0;
    const clock = () => now;
    const world = createMemoryWorld({ clock });
    const { claim } = world.runs;
    world.runs.claim = (request) => {
      looks += 1;
      return claim.call(world.runs, request);
    };
    const harness = harnessOf({ world, clock, pollMs: 2 });
    const run = await harness.runtime.start({ workflowId: 'blockedFirst' }, []);
    await until(() => calls.includes('blocked'));
    now += 60_000;
    const before = looks;
    await until(() => looks >= before + 3);
    blocked.open();
    expect(await run.returnValue).toEqual(['released', 2]);
    expect(calls).toEqual(['blocked', 'add 1 1']);
    expect((await world.runs.steps(run.runId)).map(({ attempt }) => attempt)).toEqual([1, 1]);
  });
});

describe('a worker that stands still between the write of an attempt and its reply', () => {
  /** The reply to the first append that starts a step comes when the test says so. */
  function stalling(world: World): { readonly written: Promise<void>; readonly goOn: () => void } {
    const { append } = world.runs;
    const written = gate();
    const reply = gate();
    let first = true;
    world.runs.append = async (claim, events, options) => {
      const result = await append.call(world.runs, claim, events, options);
      if (first && events.some(({ eventType }) => eventType === 'step_started')) {
        first = false;
        written.open();
        await reply.promise;
      }
      return result;
    };
    return { written: written.promise, goOn: () => reply.open() };
  }

  it('starts no body when another took the run', async () => {
    let now = Date.now();
    const clock = () => now;
    const world = createMemoryWorld({ clock });
    const { written, goOn } = stalling(world);
    const first = startHarness(program, { world, clock, leaseMs: 3_000, pollMs: 600_000 });
    const run = await first.runtime.start({ workflowId: 'chain' }, [2]);
    await written;
    now += 3_001;
    const second = harnessOf({ world, clock, pollMs: 5 });
    expect(await run.returnValue).toBe(2);
    goOn();
    await first.runtime.close();
    expect(calls).toEqual(['add 0 1', 'add 1 1']);
    expect((await world.runs.steps(run.runId)).map(({ attempt }) => attempt)).toEqual([2, 1]);
    expect([...first.problems, ...second.problems]).toEqual([]);
  });

  it('starts no body after one that stood still, when another took the run', async () => {
    let now = Date.now();
    const clock = () => now;
    const world = createMemoryWorld({ clock });
    const { renew } = world.runs;
    const reply = gate();
    let asked = 0;
    const first = startHarness(program, { world, clock, leaseMs: 3_000, pollMs: 600_000 });
    onTick = () => {
      onTick = () => undefined;
      now += 3_001;
      // The question who owns the run is answered when another one has ended it.
      world.runs.renew = async (request) => {
        asked += 1;
        await reply.promise;
        return renew.call(world.runs, request);
      };
    };
    const run = await first.runtime.start({ workflowId: 'ticks' }, []);
    await until(() => asked > 0);
    const second = harnessOf({ world, clock, pollMs: 5, worker: 'on' });
    await until(async () => (await world.runs.get(run.runId))?.status === 'completed');
    reply.open();
    await first.runtime.close();
    expect(calls).toEqual(['tick 1', 'tick 1', 'tick 2']);
    expect([...first.problems, ...second.problems]).toEqual([]);
  });

  it('starts it when nobody did', async () => {
    let now = Date.now();
    const clock = () => now;
    const world = createMemoryWorld({ clock });
    const { written, goOn } = stalling(world);
    const harness = harnessOf({ world, clock, leaseMs: 3_000, pollMs: 600_000 });
    const run = await harness.runtime.start({ workflowId: 'chain' }, [2]);
    await written;
    now += 3_001;
    goOn();
    expect(await run.returnValue).toBe(2);
    expect(calls).toEqual(['add 0 1', 'add 1 1']);
  });
});

describe('a worker for registered workflows only', () => {
  it('leaves runs of other workflows alone', async () => {
    const world = createMemoryWorld();
    const producer = startHarness(program, { world, worker: 'off' });
    const mine = await producer.runtime.start({ workflowId: 'chain' }, [2]);
    const other = await producer.runtime.start({ workflowId: 'fan' }, [2]);
    registry().workflows.set('chain', { id: 'chain', name: 'chain', file: 'test' });
    harnessOf({ world, worker: 'registered' });
    expect(await mine.returnValue).toBe(2);
    registry().workflows.delete('chain');
    expect(await other.status).toBe('pending');
    expect(types(await world.runs.history(other.runId))).toEqual(['run_created']);
    await producer.runtime.close();
  });
});

describe('close', () => {
  it('lets steps in flight end, starts no others, gives the run back, and another worker goes on', async () => {
    const world = createMemoryWorld();
    const first = startHarness(program, { world });
    const run = await first.runtime.start({ workflowId: 'blockedFirst' }, []);
    await until(() => calls.includes('blocked'));
    const closing = first.runtime.close({ graceMs: 10_000 });
    blocked.open();
    await closing;
    expect(await run.status).toBe('running');
    expect(types(await world.runs.history(run.runId)).at(-1)).toBe('step_created');
    const second = harnessOf({ world });
    expect(await second.runtime.getRun(run.runId).returnValue).toEqual(['released', 2]);
    expect(calls).toEqual(['blocked', 'add 1 1']);
  });

  it('aborts steps that outlast the grace period; they get another attempt elsewhere', async () => {
    const world = createMemoryWorld();
    const first = startHarness(program, { world });
    const run = await first.runtime.start({ workflowId: 'blocked' }, []);
    await until(() => calls.includes('blocked'));
    await first.runtime.close({ graceMs: 1 });
    const second = harnessOf({ world });
    await until(() => calls.filter((call) => call === 'blocked').length === 2);
    blocked.open();
    expect(await second.runtime.getRun(run.runId).returnValue).toEqual([2, 'released']);
  });
});

describe('close, just after another worker was lost', () => {
  // In good time, or when the time to do so is over.
  it.each([10_000, 0])('leaves the attempts that were cut off to whoever is next, %d ms', async (graceMs) => {
    const world = createMemoryWorld();
    const first = startHarness(program, { world });
    const run = await first.runtime.start({ workflowId: 'blockedFirst' }, []);
    await until(() => calls.includes('blocked'));
    await first.runtime.close({ graceMs: 0 });
    // The second worker is told to stop while it reads what it took over.
    const { history } = world.runs;
    let closing: Promise<void> | undefined;
    world.runs.history = async (runId, options) => {
      closing ??= second.runtime.close({ graceMs });
      // Timers of one length end in their order: a grace of none is over then.
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
      return history.call(world.runs, runId, options);
    };
    const second = startHarness(program, { world, pollMs: 5 });
    await until(() => closing !== undefined);
    await closing;
    world.runs.history = history;
    expect(types(await world.runs.history(run.runId)).at(-1)).toBe('step_started');
    const third = harnessOf({ world, pollMs: 5 });
    await until(() => calls.filter((call) => call === 'blocked').length === 2);
    blocked.open();
    expect(await third.runtime.getRun(run.runId).returnValue).toEqual(['released', 2]);
  });
});

describe('residency', () => {
  it('is bounded in number', async () => {
    const harness = harnessOf({ maxResidentExecutions: 4 });
    const runs = await Promise.all(
      Array.from({ length: 12 }, () => harness.runtime.start({ workflowId: 'forever' }, [])),
    );
    await until(async () =>
      (await Promise.all(runs.map((run) => run.startedAt))).every((time) => time !== undefined),
    );
    expect(harness.runtime.residentCount).toBeLessThanOrEqual(4);
  });
});
