import type { Event } from '@perdure/world';
import { createMemoryWorld } from '@perdure/world-memory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Execution } from '../src/execution.ts';
import { HydrationCache } from '../src/hydration-cache.ts';
import type { ProgramSource } from '../src/index.ts';
import { createEnvelope } from '../src/payload/envelope.ts';
import { Program } from '../src/program.ts';
import { replay } from '../src/replay.ts';
import { createCounters, StepConsumer } from '../src/step-consumer.ts';
import { declareSteps, startHarness } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;

beforeAll(async () => {
  declareSteps({
    'cache/number': (n: number) => n + 1,
    'cache/object': (n: number) => ({ n, list: [n] }),
    'cache/nothing': () => undefined,
    'cache/later': (n: number) => new Promise((resolve) => setImmediate(() => resolve(n))),
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    const number = step('cache/number'), object = step('cache/object'), nothing = step('cache/nothing'), later = step('cache/later');
    registerWorkflow('count', async (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = await number(sum); return sum; });
    registerWorkflow('objects', async (n) => { const seen = []; for (let i = 0; i < n; i++) { const o = await object(i); o.list.push('mine'); seen.push(o); } return seen; });
    registerWorkflow('nothings', async (n) => { for (let i = 0; i < n; i++) if (await nothing() !== undefined) return 'no'; return 'yes'; });
    registerWorkflow('both', async () => Promise.all([number(1), number(2), number(3)]));
    registerWorkflow('race', async () => {
      const order = [];
      const note = (name) => (value) => { order.push(name + value); return value; };
      const first = await Promise.race([later(1).then(note('a')), number(1).then(note('b')), object(1).then((o) => note('c')(o.n))]);
      const all = await Promise.all([number(5).then(note('d')), later(6).then(note('e')), object(7).then((o) => note('f')(o.n))]);
      return { first, all, order };
    });
  `);
});

describe('the step-hydration cache', () => {
  it('makes hydrations linear when every turn replays, and its absence makes them triangular', async () => {
    const n = 50;
    const counts: Record<string, number> = {};
    for (const hydrationCache of ['on', 'off'] as const) {
      const harness = startHarness(program, { maxResidentExecutions: 0, hydrationCache });
      expect(await harness.run('count', n)).toBe(n);
      counts[hydrationCache] = harness.runtime.counters.hydrations;
      await harness.close();
    }
    expect(counts.on).toBe(n);
    // Each result once when it arrives, and once in every replay from then on.
    expect(counts.off).toBe(n + (n * (n + 1)) / 2);
  });

  it('hydrates N times with and N(N+1)/2 times without, when N histories of growing length are replayed', async () => {
    const n = 50;
    const harness = startHarness(program);
    const run = await harness.runtime.start({ workflowId: 'count' }, [n]);
    await run.returnValue;
    const history = await harness.events(run.runId);
    await harness.close();
    expect(hydrationsOfEveryPrefix(history, new HydrationCache())).toBe(n);
    expect(hydrationsOfEveryPrefix(history, undefined)).toBe((n * (n + 1)) / 2);
  });

  it('gives each replay a fresh object, whatever an earlier one did to its own', async () => {
    for (const maxResidentExecutions of [256, 0]) {
      const harness = startHarness(program, { maxResidentExecutions });
      const expected = Array.from({ length: 5 }, (_, n) => ({ n, list: [n, 'mine'] }));
      expect(await harness.run('objects', 5)).toEqual(expected);
      await harness.close();
    }
  });

  it('remembers undefined as a hit', async () => {
    const harness = startHarness(program, { maxResidentExecutions: 0 });
    expect(await harness.run('nothings', 10)).toBe('yes');
    expect(harness.runtime.counters.hydrations).toBe(10);
    expect(harness.runtime.counters.hydrationHits).toBeGreaterThan(0);
    await harness.close();
  });

  it('delivers hits in the positions of misses: races and Promise.all settle in the same order', async () => {
    const harness = startHarness(program);
    const run = await harness.runtime.start({ workflowId: 'race' }, []);
    const live = await run.returnValue;
    const history = await harness.events(run.runId);
    await harness.close();
    const cache = new HydrationCache();
    const answers = [undefined, cache, cache].map((one) => answerOf(history, one));
    expect(answers[0]).toContain('"order"');
    expect(answers[1]).toBe(answers[0]);
    expect(answers[2]).toBe(answers[0]);
    expect(cache.size).toBeGreaterThan(0);
    expect((live as { order: string[] }).order).toHaveLength(6);
  });
});

describe('a refused append', () => {
  it('leaves nothing in the cache: the ids of its events go to others', async () => {
    const world = createMemoryWorld();
    const append = world.runs.append.bind(world.runs);
    let refused = 0;
    world.runs.append = async (claim, events, options) => {
      const results = events.filter(({ eventType }) => eventType === 'step_completed');
      // Somebody writes to the run just before its results are written.
      const news = {
        eventType: 'attr_set',
        key: 'outside',
        eventData: { attributes: { seen: 'yes' } },
      } as const;
      if (results.length > 1) await world.runs.send(claim.runId, news);
      const result = await append(claim, events, options);
      if (result.kind === 'tail-moved') refused += 1;
      return result;
    };
    const harness = startHarness(program, { world });
    expect(await harness.run('both')).toEqual([2, 3, 4]);
    expect(refused).toBe(1);
    await harness.close();
  });
});

describe('what the cache keeps', () => {
  const cache = new HydrationCache();
  afterAll(() => expect(cache.size).toBe(kept.length));
  const kept = [
    '',
    'x'.repeat(4_096),
    0,
    -0,
    Number.NaN,
    true,
    1n,
    10n ** 4_095n,
    Symbol.for('s'),
    null,
    undefined,
  ];
  const dropped = ['x'.repeat(4_097), 10n ** 4_096n, {}, [], new Date(0), () => 1, new Error('x')];

  it.each(kept.map((value, i) => [i, typeof value, value]))(
    '%i: a small primitive (%s)',
    (i, _type, value) => {
      cache.remember(`kept${i}`, value);
      expect(cache.has(`kept${i}`)).toBe(true);
      expect(Object.is(cache.get(`kept${i}`), value)).toBe(true);
    },
  );

  it.each(dropped.map((value, i) => [i, typeof value, value]))(
    '%i: no %s that is long or an object',
    (i, _type, value) => {
      cache.remember(`dropped${i}`, value);
      expect(cache.has(`dropped${i}`)).toBe(false);
    },
  );
});

/** What the program asks for at the end of a history: the completion with its output. */
function answerOf(history: readonly Event[], cache: HydrationCache | undefined): string | undefined {
  const consumer = new StepConsumer({
    envelope: createEnvelope(undefined),
    counters: createCounters(),
    cache,
  });
  const execution = new Execution({
    program: new Program(program),
    consumer,
    turnBudget: 1e6,
    env: '{}',
    publicUrl: '',
    payloadBytes: 1_000_000,
  });
  replay(execution, history.slice(0, -1));
  return execution.nextPending?.text;
}

function hydrationsOfEveryPrefix(history: readonly Event[], cache: HydrationCache | undefined): number {
  const counters = createCounters();
  const envelope = createEnvelope(undefined);
  const consumer = new StepConsumer({ envelope, counters, cache });
  const compiled = new Program(program);
  for (const [index, event] of history.entries()) {
    if (event.eventType !== 'step_completed') continue;
    const execution = new Execution({
      program: compiled,
      consumer,
      turnBudget: 1e6,
      env: '{}',
      publicUrl: '',
    });
    replay(execution, history.slice(0, index + 1));
  }
  return counters.hydrations;
}
