import type { Event } from '@perdure/world';
import { createMemoryWorld } from '@perdure/world-memory';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  getAttributes,
  getStepMetadata,
  type ProgramSource,
  registerLifecycleHooks,
  setAttributes,
} from '../src/index.ts';
import { declareSteps, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
const open: Harness[] = [];
const calls: string[] = [];

function harnessOf(options: Parameters<typeof startHarness>[1] = {}): Harness {
  const harness = startHarness(program, options);
  open.push(harness);
  return harness;
}

const residencies = [{ maxResidentExecutions: 256 }, { maxResidentExecutions: 0 }] as const;
const types = (events: readonly Event[]): string[] => events.map(({ eventType }) => eventType);

beforeAll(async () => {
  declareSteps({
    'l/add': (a: number, b: number) => a + b,
    'l/fails': () => {
      calls.push(`attempt ${getStepMetadata().attempt}`);
      throw new TypeError('busy');
    },
    'l/picky': Object.assign(
      () => {
        calls.push(`attempt ${getStepMetadata().attempt}`);
        throw new TypeError('not again');
      },
      {
        retry: {
          maxAttempts: 5,
          delay: 1,
          retryIf: (error: Error) => error.message !== 'not again',
        },
      },
    ),
    'l/slow': Object.assign(
      async () => {
        const { signal, attempt } = getStepMetadata();
        calls.push(`attempt ${attempt}`);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        calls.push(`aborted: ${(signal.reason as { code: string }).code}`);
      },
      { timeout: 5, retry: { maxAttempts: 2, delay: 1 } },
    ),
    'l/mark': async () => {
      await setAttributes({ fromStep: 'yes', gone: undefined });
      return getAttributes();
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { sleep, createHook, setAttributes, getAttributes } from 'perdure';
    import { start, getRun } from 'perdure/api';
    const add = step('l/add'), fails = step('l/fails'), picky = step('l/picky'), slow = step('l/slow'), mark = step('l/mark');
    const tuned = step('l/fails');
    tuned.retry = { maxAttempts: 3, delay: 1, backoff: 1 };
    const broken = step('l/fails');
    broken.maxRetries = -1;
    registerWorkflow('tuned', async () => { try { await tuned(); } catch (e) { return e.message; } });
    registerWorkflow('broken', async () => { try { await broken(); } catch (e) { return e.code; } });
    registerWorkflow('picky', async () => { try { await picky(); } catch (e) { return e.cause.message; } });
    registerWorkflow('slow', async () => { try { await slow(); } catch (e) { return [e.name, e.cause.code]; } });
    registerWorkflow('receives', async (token) => {
      const hook = createHook({ token });
      const got = [];
      while (got.length < 3) got.push((await hook.receive({ timeout: 15 })) ?? 'timeout');
      return got;
    });
    registerWorkflow('receivesAfterRace', async (token) => {
      const hook = createHook({ token });
      const first = await Promise.race([hook.receive({ timeout: '1h' }), add(1, 1)]);
      const second = await hook.receive();
      return [first, second];
    });
    registerWorkflow('conflicts', async (token) => {
      const owner = await createHook({ token }).getConflict();
      return owner ? [owner.runId, await owner.status] : null;
    });
    registerWorkflow('holds', async (token) => { const hook = createHook({ token }); return [await hook.getConflict(), await hook]; });
    registerWorkflow('holdsOn', async (token) => { createHook({ token, minRetention: '1h' }); await add(1, 1); return 'done'; });
    registerWorkflow('disposesLoser', async (token) => { const hook = createHook({ token }); hook.dispose(); await add(1, 1); return 'fine'; });
    registerWorkflow('attributes', async () => {
      await setAttributes({ stage: 'one', gone: 'soon' });
      const fromStep = await mark();
      await add(1, 1);
      return { fromStep, here: await getAttributes() };
    });
    registerWorkflow('badAttributes', async () => {
      const codes = [];
      for (const bad of [{ '': 'x' }, { $mine: 'x' }, { a: 5 }, { a: 'x'.repeat(257) }, Object.fromEntries(Array.from({ length: 65 }, (_, i) => ['k' + i, 'v']))]) {
        try { await setAttributes(bad); codes.push('none'); } catch (e) { codes.push(e.code); }
      }
      await setAttributes({ $mine: 'ok' }, { allowReservedAttributes: true });
      return codes;
    });
    registerWorkflow('child', async (n, fate) => { if (fate === 'fail') throw new RangeError('child ' + n); if (fate === 'sleep') await sleep('1h'); return add(n, 100); });
    const child = { workflowId: 'child' };
    registerWorkflow('parent', async (n) => {
      const runs = await Promise.all(Array.from({ length: n }, (_, i) => start(child, [i])));
      const results = await Promise.all(runs.map((run) => run.returnValue));
      return { results, ids: runs.map((run) => run.runId), again: await runs[0].returnValue };
    });
    registerWorkflow('parentOfFailure', async () => {
      const run = await start(child, [7, 'fail']);
      try { await run.returnValue; } catch (e) { return [e.name, e.cause instanceof RangeError, e.cause.message, e.runId === run.runId]; }
    });
    registerWorkflow('parentCancels', async () => {
      const run = await start(child, [7, 'sleep']);
      await run.cancel({ cancelReason: 'enough' });
      try { await run.returnValue; } catch (e) { return [e.name, e.message.includes('enough'), await run.status, await run.exists]; }
    });
    registerWorkflow('watches', async (runId) => getRun(runId).returnValue);
    registerWorkflow('watchesNothing', async () => { try { await getRun('wrun_none').returnValue; } catch (e) { return e.name; } });
    const self = { workflowId: 'nests' };
    registerWorkflow('nests', async (depth) => depth === 0 ? 'bottom' : (await start(self, [depth - 1])).returnValue);
    registerWorkflow('sleeps', async () => { await Promise.all([sleep('1h'), sleep('2h')]); return 'awake'; });
  `);
});

afterEach(async () => {
  calls.length = 0;
  for (const harness of open.splice(0)) await harness.close();
});

describe('step options', () => {
  it('take the retry policy, the one of the workflow’s own proxy too', async () => {
    expect(await harnessOf().run('tuned')).toContain('failed after 3 attempts');
    expect(calls).toEqual(['attempt 1', 'attempt 2', 'attempt 3']);
  });

  it('are refused when they make no sense', async () => {
    expect(await harnessOf().run('broken')).toBe('STEP_OPTION_INVALID');
  });

  it('ask retryIf on the host', async () => {
    expect(await harnessOf().run('picky')).toBe('not again');
    expect(calls).toEqual(['attempt 1']);
  });

  it('end an attempt that takes too long, and abort its signal', async () => {
    expect(await harnessOf().run('slow')).toEqual(['FatalError', 'STEP_TIMEOUT']);
    expect(calls).toEqual(['attempt 1', 'aborted: STEP_TIMEOUT', 'attempt 2', 'aborted: STEP_TIMEOUT']);
  });
});

describe.each(residencies)('hooks with $maxResidentExecutions resident', (options) => {
  it('receive with a timeout, and lose nothing that comes after it', async () => {
    const harness = harnessOf(options);
    const run = await harness.runtime.start({ workflowId: 'receives' }, ['r1']);
    await until(async () => types(await harness.events(run.runId)).includes('wait_completed'));
    await harness.runtime.resumeHook('r1', 'a');
    await harness.runtime.resumeHook('r1', 'b');
    const got = (await run.returnValue) as string[];
    expect(got[0]).toBe('timeout');
    const payloads = got.filter((one) => one !== 'timeout');
    expect(payloads).toEqual(['a', 'b'].slice(0, payloads.length));
  });

  it('keep a payload for the next receive when the one before lost a race', async () => {
    const harness = harnessOf(options);
    const run = await harness.runtime.start({ workflowId: 'receivesAfterRace' }, ['r2']);
    await until(async () => types(await harness.events(run.runId)).includes('step_completed'));
    await harness.runtime.resumeHook('r2', 'late');
    expect(await run.returnValue).toEqual([2, 'late']);
  });

  it('tell the owner of a token, or null', async () => {
    const harness = harnessOf(options);
    const owner = await harness.runtime.start({ workflowId: 'holds' }, ['r3']);
    await until(() => harness.world.runs.hookByToken('r3'));
    expect(await harness.run('conflicts', 'r3')).toEqual([owner.runId, 'running']);
    expect(await harness.run('disposesLoser', 'r3')).toBe('fine');
    await harness.runtime.resumeHook('r3', 1);
    expect(await owner.returnValue).toEqual([null, 1]);
    expect(await harness.run('conflicts', 'r3')).toBe(null);
  });
});

describe('minRetention', () => {
  it('keeps the token after the end', async () => {
    const harness = harnessOf();
    const run = await harness.runtime.start({ workflowId: 'holdsOn' }, ['kept']);
    await run.returnValue;
    expect(await harness.run('conflicts', 'kept')).toEqual([run.runId, 'completed']);
  });
});

describe.each(residencies)('attributes with $maxResidentExecutions resident', (options) => {
  it('are merged from start, workflow and step, and read back everywhere', async () => {
    const harness = harnessOf(options);
    const run = await harness.runtime.start({ workflowId: 'attributes' }, [], {
      attributes: { origin: 'test' },
    });
    const all = { origin: 'test', stage: 'one', fromStep: 'yes' };
    expect(await run.returnValue).toEqual({ fromStep: all, here: all });
    expect(await run.attributes).toEqual(all);
  });

  it('are refused beyond their limits', async () => {
    const harness = harnessOf(options);
    expect(await harness.run('badAttributes')).toEqual([
      'ATTRIBUTE_INVALID',
      'ATTRIBUTE_INVALID',
      'ATTRIBUTE_INVALID',
      'ATTRIBUTE_INVALID',
      'ATTRIBUTES_TOO_MANY',
    ]);
    await expect(
      harness.runtime.start({ workflowId: 'sleeps' }, [], { attributes: { $x: '1' } }),
    ).rejects.toMatchObject({
      code: 'ATTRIBUTE_INVALID',
    });
  });
});

describe.each(residencies)('child runs with $maxResidentExecutions resident', (options) => {
  it('give their results to the parent, which holds nothing meanwhile', async () => {
    const harness = harnessOf(options);
    const run = await harness.runtime.start({ workflowId: 'parent' }, [5]);
    const { results, ids, again } = (await run.returnValue) as {
      results: number[];
      ids: string[];
      again: number;
    };
    expect(results).toEqual([100, 101, 102, 103, 104]);
    expect(again).toBe(100);
    expect(new Set(ids).size).toBe(5);
    const attributes = await harness.runtime.getRun(ids[0]!).attributes;
    expect(attributes).toMatchObject({ $parentRunId: run.runId, $rootRunId: run.runId });
    expect(types(await harness.events(run.runId)).filter((type) => type === 'child_completed')).toHaveLength(
      5,
    );
  });

  it('give their failure, with its cause, and their cancellation', async () => {
    const harness = harnessOf(options);
    expect(await harness.run('parentOfFailure')).toEqual(['WorkflowRunFailedError', true, 'child 7', true]);
    expect(await harness.run('parentCancels')).toEqual([
      'WorkflowRunCancelledError',
      true,
      'cancelled',
      true,
    ]);
  });

  it('may be runs that somebody else started, ended or never there', async () => {
    const harness = harnessOf(options);
    const other = await harness.runtime.start({ workflowId: 'child' }, [1]);
    await other.returnValue;
    expect(await harness.run('watches', other.runId)).toBe(101);
    expect(await harness.run('watchesNothing')).toBe('WorkflowRunCancelledError');
  });

  it('nest', async () => {
    expect(await harnessOf(options).run('nests', 6)).toBe('bottom');
  });
});

describe('child runs', () => {
  it('are found again by a parent whose news were lost', async () => {
    let now = Date.now();
    const clock = () => now;
    const world = createMemoryWorld({ clock });
    const send = world.runs.send;
    world.runs.send = async (runId, event) => {
      if (event.eventType === 'child_completed') throw new Error('lost');
      return send.call(world.runs, runId, event);
    };
    const harness = harnessOf({ world, clock, pollMs: 5 });
    const run = await harness.runtime.start({ workflowId: 'parent' }, [3]);
    await until(async () => (await world.runs.list({ status: 'completed' })).runs.length === 3);
    const moving = setInterval(() => {
      now += 1_000;
    }, 5);
    const { results } = (await run.returnValue) as { results: number[] };
    clearInterval(moving);
    expect(results).toEqual([100, 101, 102]);
  });

  it('are many', async () => {
    const harness = harnessOf();
    const { results } = (await harness.run('parent', 200)) as { results: number[] };
    expect(results).toEqual(Array.from({ length: 200 }, (_, i) => i + 100));
  });
});

describe('start', () => {
  it('with a key joins, fails or replaces the live run that has it', async () => {
    const harness = harnessOf();
    const starts = Array.from({ length: 20 }, () =>
      harness.runtime.start({ workflowId: 'sleeps' }, [], { key: 'only' }),
    );
    const ids = new Set((await Promise.all(starts)).map(({ runId }) => runId));
    expect(ids.size).toBe(1);
    const fail = harness.runtime.start({ workflowId: 'sleeps' }, [], { key: 'only', onConflict: 'fail' });
    await expect(fail).rejects.toMatchObject({ code: 'KEY_TAKEN' });
    const next = await harness.runtime.start({ workflowId: 'sleeps' }, [], {
      key: 'only',
      onConflict: 'replace',
    });
    expect(ids.has(next.runId)).toBe(false);
    expect(await harness.runtime.getRun([...ids][0]!).status).toBe('cancelled');
    await next.cancel();
  });

  it('at a later time waits for it', async () => {
    const harness = harnessOf();
    const before = Date.now();
    const run = await harness.runtime.start({ workflowId: 'child' }, [1], { runAt: new Date(before + 60) });
    expect(await run.status).toBe('pending');
    expect(await run.returnValue).toBe(101);
    expect((await run.startedAt)!.getTime()).toBeGreaterThanOrEqual(before + 60);
  });
});

describe('wakeUp', () => {
  it('ends sleeps before their time: one by its id, or all', async () => {
    const harness = harnessOf();
    const run = await harness.runtime.start({ workflowId: 'sleeps' }, []);
    const waits = await until(async () => {
      const found = await harness.world.runs.waits(run.runId);
      return found.length === 2 && found;
    });
    expect(await run.wakeUp({ correlationIds: [waits[0]!.correlationId] })).toEqual({ stoppedCount: 1 });
    expect(await run.wakeUp()).toEqual({ stoppedCount: 1 });
    expect(await run.returnValue).toBe('awake');
    expect(await run.wakeUp()).toEqual({ stoppedCount: 0 });
  });
});

describe('lifecycle hooks', () => {
  it('tell each end once, and do no harm when they throw', async () => {
    const seen: string[] = [];
    const unregister = registerLifecycleHooks({
      onRunCompleted: ({ returnValue }) => seen.push(`completed ${returnValue}`),
      onRunFailed: ({ error }) => {
        seen.push(`failed ${(error as Error).message}`);
        throw new Error('a bad hook');
      },
      onRunCancelled: ({ reason }) => seen.push(`cancelled ${reason}`),
    });
    const harness = harnessOf();
    await harness.run('child', 1);
    await harness.run('child', 2, 'fail').catch(() => undefined);
    const sleeping = await harness.runtime.start({ workflowId: 'sleeps' }, []);
    await sleeping.cancel({ cancelReason: 'tired' });
    await sleeping.cancel();
    await until(() => seen.length === 3);
    unregister();
    await harness.run('child', 3);
    expect(seen).toEqual(['completed 101', 'failed child 2', 'cancelled tired']);
    expect(harness.problems).toHaveLength(1);
  });
});
