/** Steps that any worker may run: two runtimes on one world, one of which drives. */
import { randomBytes } from 'node:crypto';
import type { Event, StepClaim, World } from '@perdure/world';
import { createMemoryWorld } from '@perdure/world-memory';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  FatalError,
  getStepMetadata,
  getWorkflowMetadata,
  getWritable,
  type ProgramSource,
  RetryableError,
} from '../src/index.ts';
import { registry } from '../src/registry.ts';
import { declareSteps, gate, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
const keys = [{ id: 'k', secret: randomBytes(32) }];
const open: Harness[] = [];
const calls: string[] = [];
let blocked = gate();
const aborted: string[] = [];
const atOnce = { now: 0, most: 0 };

/** Waits for the gate, or until its signal or the one it was given aborts. */
async function untilOpen(given?: AbortSignal): Promise<string> {
  const { signal, attempt } = getStepMetadata();
  calls.push(`blocked ${attempt}`);
  const any = AbortSignal.any(given ? [signal, given] : [signal]);
  const late = new Promise<never>((_, reject) =>
    any.addEventListener('abort', () => {
      aborted.push(String((any.reason as Error)?.message ?? any.reason));
      reject(new FatalError('aborted'));
    }),
  );
  await Promise.race([blocked.promise, late]);
  return 'released';
}

beforeAll(async () => {
  declareSteps({
    'of/asks': async (name: string) => {
      const { attempt } = getStepMetadata();
      calls.push(`asks ${name}`);
      atOnce.now += 1;
      atOnce.most = Math.max(atOnce.most, atOnce.now);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce.now -= 1;
      return { name, attempt };
    },
    'of/blocked': untilOpen,
    'of/here': async () => {
      calls.push('here');
      await blocked.promise;
      return 'here';
    },
    'of/afterBlocked': () => until(() => calls.includes('blocked 1')),
    'of/tells': () => {
      const { signal, stepStartedAt, stepId, ...step } = getStepMetadata();
      const { workflowStartedAt, ...run } = getWorkflowMetadata();
      return { step, run, times: [stepStartedAt, workflowStartedAt].map((at) => at instanceof Date) };
    },
    'of/flaky': () => {
      const { attempt } = getStepMetadata();
      calls.push(`flaky ${attempt}`);
      if (attempt < 3) throw new RetryableError('again', { retryAfter: 1 });
      return attempt;
    },
    'of/fatal': () => {
      throw new FatalError('never');
    },
    'of/hostSays': Object.assign(() => 'host', { offer: true }),
    'of/writes': async () => {
      const writer = getWritable<string>().getWriter();
      await writer.write('chunk');
      await writer.close();
      return 'written';
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { sleep } from 'perdure';
    const offered = (id) => Object.assign(step(id), { offer: true });
    const asks = offered('of/asks'), blocked = offered('of/blocked'), flaky = offered('of/flaky'), fatal = offered('of/fatal');
    const tells = offered('of/tells'), late = Object.assign(offered('of/blocked'), { timeout: 5, maxRetries: 0 }); const writes = offered('of/writes'), missing = offered('of/missing'), odd = Object.assign(step('of/asks'), { offer: 'yes' });
    const here = step('of/here'), afterBlocked = step('of/afterBlocked'), tellsHere = step('of/tells'), hostSays = step('of/hostSays');
    registerWorkflow('asks', async (name) => asks(name));
    registerWorkflow('odd', async () => { try { await odd(); } catch (e) { return [e.code, e.message]; } });
    registerWorkflow('blocked', async () => blocked());
    registerWorkflow('unawaited', async () => { void blocked(); await afterBlocked(); return 'over'; });
    registerWorkflow('both', async () => [await tells(), await tellsHere()]);
    registerWorkflow('late', async () => { try { await late(); } catch (e) { return e.message; } });
    registerWorkflow('given', async () => {
      const controller = new AbortController();
      const work = blocked(controller.signal).catch((e) => e.message);
      await sleep(1);
      controller.abort(new Error('enough'));
      return await work;
    });
    registerWorkflow('flaky', async () => flaky());
    registerWorkflow('fatal', async () => { try { await fatal(); } catch (e) { return e.message; } });
    registerWorkflow('fan', async (n) => (await Promise.all(Array.from({ length: n }, (_, i) => asks(String(i))))).length);
    registerWorkflow('wide', async (n) => (await Promise.all(Array.from({ length: n }, () => here()))).length);
    registerWorkflow('hostSays', async () => hostSays());
    registerWorkflow('writes', async () => writes());
    registerWorkflow('missing', async () => missing());
  `);
});

afterEach(async () => {
  blocked.open();
  blocked = gate();
  calls.length = 0;
  aborted.length = 0;
  registry().steps.delete('of/missing');
  for (const harness of open.splice(0)) await harness.close();
});

function processOf(options: Parameters<typeof startHarness>[1] = {}): Harness {
  const harness = startHarness(program, options);
  open.push(harness);
  return harness;
}

/** A world that says how many processes drive its runs. */
function worldOf(drivers: World['drivers'], clock: () => number = Date.now): World {
  const world = createMemoryWorld({ clock });
  return { ...world, drivers, clear: () => world.clear(), close: () => world.close() };
}

/** One process whose only slot is taken by a step that waits for the gate. */
async function busyProcess(
  world: World,
  options: Parameters<typeof startHarness>[1] = {},
): Promise<Harness & { readonly busyRunId: string }> {
  const owner = processOf({ world, maxConcurrentSteps: 1, ...options });
  const { runId } = await owner.runtime.start({ workflowId: 'wide' }, [1]);
  await until(() => calls.includes('here'));
  return { ...owner, busyRunId: runId };
}

/** So long that no renewal tells what a hint should. */
const leaseOf = (way: string): number => (way === 'by looking' ? 60 : 3_600_000);

const startsOf = (events: readonly Event[]) =>
  events.flatMap((event) => (event.eventType === 'step_started' ? [event.eventData] : []));
const typesOf = (events: readonly Event[]) => events.map(({ eventType }) => eventType);
const workersOf = (events: readonly Event[]) => startsOf(events).map(({ worker }) => worker);

describe('a step that asks to be offered', () => {
  it('is in the history as offered, runs once, and its result comes back', async () => {
    const harness = processOf();
    const run = await harness.runtime.start({ workflowId: 'asks' }, ['a']);
    expect(await run.returnValue).toMatchObject({ name: 'a', attempt: 1 });
    expect(typesOf(await harness.events(run.runId))).toEqual([
      'run_created',
      'run_started',
      'step_created',
      'step_offered',
      'step_started',
      'step_completed',
      'run_completed',
    ]);
    expect(calls).toEqual(['asks a']);
    expect(harness.problems).toEqual([]);
  });

  it('runs in another process while the one that drives its run has no slot', async () => {
    const world = worldOf('one');
    const owner = await busyProcess(world);
    const run = await owner.runtime.start({ workflowId: 'asks' }, ['b']);
    await until(async () => typesOf(await owner.events(run.runId)).includes('step_offered'));
    expect(calls).toEqual(['here']);
    const other = processOf({ world });
    expect(await run.returnValue).toMatchObject({ name: 'b' });
    const [elsewhere] = workersOf(await other.events(run.runId));
    const [own] = workersOf(await owner.events(owner.busyRunId));
    expect([typeof elsewhere, elsewhere === own]).toEqual(['string', false]);
  });

  it('leaves the run with nobody until it comes back', async () => {
    const world = worldOf('one');
    const owner = await busyProcess(world);
    const run = await owner.runtime.start({ workflowId: 'asks' }, ['c']);
    await until(async () => typesOf(await owner.events(run.runId)).includes('step_offered'));
    await until(() => owner.runtime.health().then(({ worker }) => worker.runs === 1));
    blocked.open();
    expect(await run.returnValue).toMatchObject({ name: 'c' });
  });

  it('behaves alike when Executions are dropped after every event', async () => {
    const histories = [];
    for (const maxResidentExecutions of [256, 0]) {
      const harness = processOf({ maxResidentExecutions });
      const run = await harness.runtime.start({ workflowId: 'flaky' }, []);
      expect(await run.returnValue).toBe(3);
      histories.push(typesOf(await harness.events(run.runId)));
    }
    expect(histories[0]).toEqual(histories[1]);
    expect(histories[0]).toEqual([
      'run_created',
      'run_started',
      'step_created',
      ...['step_offered', 'step_started', 'step_retrying'],
      ...['step_offered', 'step_started', 'step_retrying'],
      ...['step_offered', 'step_started', 'step_completed'],
      'run_completed',
    ]);
  });

  it('is found without a hint, also by who has no place for another run', async () => {
    const world = worldOf('one');
    world.runs.watch = () => () => undefined;
    const owner = await busyProcess(world, { pollMs: 5 });
    const run = await owner.runtime.start({ workflowId: 'fan' }, [20]);
    const other = processOf({ world, pollMs: 5, maxConcurrentRuns: 1 });
    const busy = await other.runtime.start({ workflowId: 'wide' }, [1]);
    await until(() => calls.filter((call) => call === 'here').length === 2);
    await until(() => calls.length === 22);
    expect(await run.returnValue).toBe(20);
    blocked.open();
    expect(await busy.returnValue).toBe(1);
  });

  it('fails for good where it runs, and the workflow catches it', async () => {
    expect(await processOf().run('fatal')).toBe('never');
  });

  it('is offered because its function on the host says so', async () => {
    const harness = processOf();
    const run = await harness.runtime.start({ workflowId: 'hostSays' }, []);
    expect(await run.returnValue).toBe('host');
    expect(typesOf(await harness.events(run.runId))).toContain('step_offered');
  });

  it('must say true or false', async () => {
    expect(await processOf().run('odd')).toEqual([
      'STEP_OPTION_INVALID',
      'Expected offer of a step to be true or false, got yes.',
    ]);
  });

  it('takes a slot like any other, however many are offered', async () => {
    atOnce.most = 0;
    const harness = processOf({ maxConcurrentSteps: 3 });
    expect(await harness.run('fan', 100)).toBe(100);
    expect(calls).toHaveLength(100);
    expect(new Set(calls).size).toBe(100);
    expect(atOnce.most).toBe(3);
  });

  it('pauses its run where one process drives all and the step is not registered, until it is', async () => {
    const harness = processOf({ pollMs: 5 });
    const run = await harness.runtime.start({ workflowId: 'missing' }, []);
    const paused = await until(async () => {
      const found = await harness.world.runs.get(run.runId);
      return found?.status === 'paused' && found;
    });
    expect(paused.pauseReason?.code).toBe('STEP_NOT_REGISTERED');
    declareSteps({ 'of/missing': () => 'found' });
    expect(await run.returnValue).toBe('found');
  });

  it('is offered unregistered where many drive: a process that has it takes it', async () => {
    const harness = processOf({ world: worldOf('many'), pollMs: 5 });
    const run = await harness.runtime.start({ workflowId: 'missing' }, []);
    await until(async () => typesOf(await harness.events(run.runId)).includes('step_offered'));
    declareSteps({ 'of/missing': () => 'found' });
    expect(await run.returnValue).toBe('found');
  });

  it('writes streams of its run from where it runs', async () => {
    const world = worldOf('one');
    const owner = await busyProcess(world);
    const run = await owner.runtime.start({ workflowId: 'writes' }, []);
    processOf({ world });
    expect(await run.returnValue).toBe('written');
    const chunks = [];
    for await (const chunk of run.getReadable()) chunks.push(chunk);
    expect(chunks).toEqual(['chunk']);
  });
});

describe('a worker that stands still between its claim of a step and the reply', () => {
  it.each(['runs no body that another took', 'runs it when nobody did'])('%s', async (name) => {
    let now = Date.now();
    const clock = () => now;
    const world = worldOf('many', clock);
    const { claim } = world.steps;
    const claimed = gate();
    const reply = gate();
    let first = true;
    world.steps.claim = async (request) => {
      const answer = await claim.call(world.steps, request);
      if (!first || answer.claimed.length === 0) return answer;
      first = false;
      claimed.open();
      await reply.promise;
      return answer;
    };
    const owner = processOf({ world, clock, leaseMs: 3_000, pollMs: 600_000 });
    const run = await owner.runtime.start({ workflowId: 'asks' }, ['1']);
    await claimed.promise;
    now += 3_001;
    const taken = name.includes('another');
    if (taken) {
      processOf({ world, clock, pollMs: 5 });
      await run.returnValue;
    }
    reply.open();
    expect(await run.returnValue).toEqual({ name: '1', attempt: taken ? 2 : 1 });
    await owner.runtime.close();
    expect(calls).toEqual(['asks 1']);
    expect(owner.problems).toEqual([]);
  });
});

describe('an attempt elsewhere', () => {
  it('knows of itself and its run what one here knows', async () => {
    const [there, here] = (await processOf({ publicUrl: 'https://app.example' }).run('both')) as unknown[];
    expect(there).toEqual(here);
    expect(there).toMatchObject({ run: { url: 'https://app.example' }, times: [true, true] });
  });

  it('has its time, as its step says', async () => {
    expect(await processOf().run('late')).toMatch(/took longer than 5 ms/);
  });

  it('that cannot open its arguments is returned, and runs where its run is driven', async () => {
    const world = worldOf('one');
    const owner = await busyProcess(world, { encryption: keys });
    const run = await owner.runtime.start({ workflowId: 'asks' }, ['j']);
    const stranger = processOf({ world, worker: 'registered', encryption: [] });
    await until(async () => typesOf(await owner.events(run.runId)).includes('step_returned'));
    expect(calls).toEqual(['here']);
    await stranger.runtime.close();
    blocked.open();
    expect(await run.returnValue).toEqual({ name: 'j', attempt: 2 });
    const events = await owner.events(run.runId);
    const returned = events.find(({ eventType }) => eventType === 'step_returned');
    expect(returned?.eventData).toMatchObject({ attempt: 1, reason: { code: 'PAYLOAD_UNREADABLE' } });
    expect(typesOf(events).filter((type) => type === 'step_offered')).toHaveLength(1);
  });

  it('pauses its run when it was returned and its code is not here; then it is offered again', async () => {
    const world = worldOf('many');
    const owner = processOf({ world, pollMs: 5 });
    const run = await owner.runtime.start({ workflowId: 'missing' }, []);
    const [step] = await until(async () => {
      const { claimed } = await world.steps.claim({ worker: 'worker_x', leaseMs: 10_000, limit: 1 });
      return claimed.length > 0 && claimed;
    });
    const reason = { code: 'PAYLOAD_KEY_UNKNOWN', message: 'no such key', hint: 'give it the key' };
    await world.steps.finish(step!.claim, { eventType: 'step_returned', eventData: { attempt: 1, reason } });
    const paused = await until(async () => {
      const found = await world.runs.get(run.runId);
      return found?.status === 'paused' && found;
    });
    expect(paused.pauseReason).toEqual({
      code: 'STEP_RETURNED',
      message:
        'Step "of/missing" could not begin at the worker that claimed it ([PAYLOAD_KEY_UNKNOWN] no such key), and it is not registered here.',
      hint: 'give it the key',
    });
    declareSteps({ 'of/missing': () => 'found' });
    expect(await run.returnValue).toBe('found');
    expect(startsOf(await owner.events(run.runId)).map(({ attempt }) => attempt)).toEqual([1, 2]);
  });
});

describe('a step without a slot', () => {
  it('is offered where many processes drive, and runs in another', async () => {
    const world = worldOf('many');
    const owner = await busyProcess(world);
    const run = await owner.runtime.start({ workflowId: 'wide' }, [2]);
    await until(async () => typesOf(await owner.events(run.runId)).filter((t) => t === 'step_offered')[1]);
    processOf({ world });
    await until(() => calls.length === 3);
    blocked.open();
    expect(await run.returnValue).toBe(2);
    const workers = workersOf(await owner.events(run.runId));
    expect(new Set(workers).size).toBe(1);
  });

  it('waits for one where one process drives', async () => {
    const world = worldOf('one');
    const owner = await busyProcess(world);
    const run = await owner.runtime.start({ workflowId: 'wide' }, [2]);
    await until(async () => typesOf(await owner.events(run.runId)).includes('step_created'));
    processOf({ world });
    blocked.open();
    expect(await run.returnValue).toBe(2);
    expect(typesOf(await owner.events(run.runId))).not.toContain('step_offered');
  });
});

describe('a worker that is gone', () => {
  /** A world by a clock of the test in which a step is held by a worker that says nothing more. */
  async function heldByTheDead(): Promise<{
    time: { now: number };
    world: World;
    runId: string;
    claim: StepClaim;
  }> {
    const time = { now: 1_800_000_000_000 };
    const world = worldOf('one', () => time.now);
    const owner = await busyProcess(world, { clock: () => time.now });
    const { runId } = await owner.runtime.start({ workflowId: 'asks' }, ['d']);
    const [step] = await until(async () => {
      const request = { worker: 'worker_dead', leaseMs: 10_000, limit: 1 };
      const { claimed } = await world.steps.claim(request);
      return claimed.length > 0 && claimed;
    });
    return { time, world, runId, claim: step!.claim };
  }

  it('has its step taken by another when its lease ends, and not before', async () => {
    const { time, world, runId, claim } = await heldByTheDead();
    const other = processOf({ world, clock: () => time.now, pollMs: 5 });
    time.now += 9_999;
    await other.run('asks', 'e');
    expect(calls).not.toContain('asks d');
    time.now += 1;
    expect(await other.runtime.getRun(runId).returnValue).toMatchObject({ name: 'd', attempt: 2 });
    const late = { eventType: 'step_completed', eventData: { output: '"late"' } } as const;
    expect(await world.steps.finish(claim, late)).toEqual({ kind: 'claim-lost' });
    expect(calls.filter((call) => call === 'asks d')).toHaveLength(1);
  });

  it('does not concern the owner: it starts nothing itself, however often it looks', async () => {
    const { world, runId } = await heldByTheDead();
    await world.runs.send(runId, {
      eventType: 'attr_set',
      key: 'look',
      eventData: { attributes: { a: 'b' } },
    });
    blocked.open();
    await processOf({ world, clock: () => 1_800_000_000_000 }).run('asks', 'f');
    expect(workersOf(await world.runs.history(runId))).toEqual(['worker_dead']);
  });
});

describe('a step that runs elsewhere', () => {
  it('is started once for as long as its worker renews', async () => {
    const time = { now: 1_800_000_000_000 };
    const clock = () => time.now;
    const world = worldOf('one', clock);
    const first = processOf({ world, clock, leaseMs: 30, pollMs: 5 });
    const run = await first.runtime.start({ workflowId: 'blocked' }, []);
    await until(() => calls.includes('blocked 1'));
    const renewals = { seen: 0 };
    const { renew } = world.steps;
    world.steps.renew = async (request) => {
      const result = await renew.call(world.steps, request);
      renewals.seen += 1;
      return result;
    };
    const second = processOf({ world, clock, leaseMs: 30, pollMs: 5 });
    for (let n = 0; n < 5; n += 1) {
      const { seen } = renewals;
      time.now += 20;
      await until(() => renewals.seen > seen + 1);
    }
    await second.run('asks', 'g');
    blocked.open();
    expect(await run.returnValue).toBe('released');
    expect(calls.filter((call) => call.startsWith('blocked'))).toEqual(['blocked 1']);
  });

  it.each(['by a hint', 'by looking'])('is aborted when its run is cancelled, found %s', async (way) => {
    const world = worldOf('one');
    if (way === 'by looking') world.runs.watch = () => () => undefined;
    const harness = processOf({ world, leaseMs: leaseOf(way), pollMs: 5 });
    const run = await harness.runtime.start({ workflowId: 'blocked' }, []);
    await until(() => calls.includes('blocked 1'));
    await run.cancel();
    await until(() => aborted.length > 0);
    expect(aborted).toEqual(['The claim on the step was lost.']);
    expect(typesOf(await harness.events(run.runId)).at(-1)).toBe('run_cancelled');
  });

  it('is aborted when its run is over without it', async () => {
    const harness = processOf({ leaseMs: 60 });
    const run = await harness.runtime.start({ workflowId: 'unawaited' }, []);
    expect(await run.returnValue).toBe('over');
    await until(() => aborted.length > 0);
    expect(typesOf(await harness.events(run.runId)).at(-1)).toBe('run_completed');
  });

  it.each(['by a hint', 'by looking'])('has what its workflow aborts aborted, found %s', async (way) => {
    const world = worldOf('one');
    if (way === 'by looking') world.runs.watch = () => () => undefined;
    const harness = processOf({ world, leaseMs: leaseOf(way), pollMs: 5 });
    expect(await harness.run('given')).toBe('aborted');
    expect(aborted).toEqual(['enough']);
  });

  it('is told again until the store takes its end', async () => {
    const world = worldOf('one');
    const { finish } = world.steps;
    let calls = 0;
    world.steps.finish = async (...given) => {
      calls += 1;
      if (calls === 1) throw new Error('store down');
      const result = await finish.apply(world.steps, given);
      if (calls === 2) throw new Error('reply lost');
      return result;
    };
    const harness = processOf({ world });
    const run = await harness.runtime.start({ workflowId: 'asks' }, ['h']);
    expect(await run.returnValue).toMatchObject({ name: 'h' });
    expect(typesOf(await harness.events(run.runId)).filter((type) => type === 'step_completed')).toHaveLength(
      1,
    );
    expect(harness.problems).toEqual([expect.stringMatching(/is told again$/)]);
  });
});

describe('a worker that stops', () => {
  it('gives steps in flight their time', async () => {
    const world = worldOf('one');
    const first = processOf({ world });
    const run = await first.runtime.start({ workflowId: 'blocked' }, []);
    await until(() => calls.includes('blocked 1'));
    const closing = first.runtime.close({ graceMs: 60_000 });
    blocked.open();
    await closing;
    const second = processOf({ world });
    expect(await second.runtime.getRun(run.runId).returnValue).toBe('released');
    expect(calls).toEqual(['blocked 1']);
  });

  it('aborts and gives back what does not end in time, for another to take at once', async () => {
    const world = worldOf('one');
    const first = processOf({ world });
    const run = await first.runtime.start({ workflowId: 'blocked' }, []);
    await until(() => calls.includes('blocked 1'));
    await first.runtime.close({ graceMs: 0 });
    expect(aborted).toEqual(['The worker stopped.']);
    const second = processOf({ world });
    await until(() => calls.includes('blocked 2'));
    blocked.open();
    expect(await second.runtime.getRun(run.runId).returnValue).toBe('released');
  });

  it('takes no more steps', async () => {
    const world = worldOf('one');
    const first = processOf({ world });
    await first.runtime.start({ workflowId: 'blocked' }, []);
    await until(() => calls.includes('blocked 1'));
    const closing = first.runtime.close({ graceMs: 60_000 });
    const second = processOf({ world, worker: 'off' });
    const run = await second.runtime.start({ workflowId: 'asks' }, ['i']);
    blocked.open();
    await closing;
    expect(calls).not.toContain('asks i');
    processOf({ world });
    expect(await run.returnValue).toMatchObject({ name: 'i' });
  });
});
