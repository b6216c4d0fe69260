/** What a workflow sees again on replay, and what it is refused with a hint that names the way. */
import { createMemoryWorld } from '@perdure/world-memory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgramSource } from '../src/index.ts';
import { declareSteps, type Harness, startHarness } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
let harness: Harness;

beforeAll(async () => {
  declareSteps({ 'same/echo': (value: unknown) => value });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    const echo = step('same/echo');
    const look = {
      random: () => Math.random(),
      uuid: () => crypto.randomUUID(),
      bytes: () => Array.from(crypto.getRandomValues(new BigUint64Array(3))),
      now: () => Date.now(),
      date: () => new Date().toISOString(),
      text: () => Date(),
      performance: () => performance.now(),
      intl: () => new Intl.DateTimeFormat('en', { second: 'numeric', fractionalSecondDigits: 3, timeZone: 'UTC' }).format(),
      parts: () => JSON.stringify(new Intl.DateTimeFormat('en', { second: 'numeric', fractionalSecondDigits: 3, timeZone: 'UTC' }).formatToParts()),
      event: () => new Event('x').timeStamp,
    };
    registerWorkflow('replayed', async () => {
      const differing = [];
      for (let round = 0; round < 3; round += 1) {
        for (const [name, see] of Object.entries(look)) {
          const seen = see();
          const first = await echo(seen);
          if (String(first) !== String(seen)) differing.push(name);
        }
      }
      await echo('one more turn');
      return differing;
    });
    const draw = () => [Math.random(), crypto.randomUUID(), ...crypto.getRandomValues(new Uint8Array(3))];
    registerWorkflow('draws', async () => [draw(), draw()]);
    registerWorkflow('stepsAndDraws', async () => { const one = draw(); await echo(1); await Promise.all([echo(2), echo(3)]); return [one, draw()]; });
    const hintOf = (use) => { try { use(); return 'no error'; } catch (e) { return e.message + ' ' + e.hint; } };
    registerWorkflow('hints', async () => ({
      setTimeout: hintOf(() => setTimeout(() => 1, 1)), setInterval: hintOf(() => setInterval(() => 1, 1)), setImmediate: hintOf(() => setImmediate(() => 1)),
      fetch: hintOf(() => fetch('http://x')), ReadableStream: hintOf(() => new ReadableStream()), WritableStream: hintOf(() => new WritableStream()),
    }));
    registerWorkflow('subtle', async (names) => {
      const told = {};
      for (const name of names) { try { crypto.subtle[name](); told[name] = 'no error'; } catch (e) { told[name] = e.code ?? e.name; } }
      return told;
    });
    registerWorkflow('process', async () => {
      const refused = [];
      for (const [name, use] of Object.entries({
        assign: () => { process.env.VISIBLE = 'other'; }, add: () => { process.env.NEW = 'x'; }, remove: () => { delete process.env.VISIBLE; },
        replace: () => { process.env = {}; }, extend: () => { process.argv = []; }, define: () => Object.defineProperty(process.env, 'NEW', { value: 1 }),
      })) { try { use(); } catch (e) { refused.push(name + ' ' + e.name); } }
      return [refused, { ...process.env }, Object.keys(process)];
    });
    registerWorkflow('gone', async () => {
      const found = [];
      for (const name of ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'WebAssembly']) if (name in globalThis) found.push(name);
      const made = [];
      for (const [name, make] of Object.entries({
        eval: () => globalThis.eval('1 + 1'), indirect: () => (0, globalThis.eval)('1'), Function: () => Function('return 1')(),
        constructor: () => (() => 1).constructor('return 1')(), generator: () => (function* () {}).constructor('yield 1'), async: () => (async () => {}).constructor('return 1'),
      })) { try { make(); made.push(name); } catch (e) { if (!(e instanceof EvalError)) made.push(name + ' ' + e.name); } }
      return { found, made };
    });
    registerWorkflow('inherits', async () => {
      class Day extends Date { constructor(...args) { super(...args); } next() { return new Day(this.getTime() + 86_400_000); } }
      const today = new Day(), other = new Day(0);
      return [today.getTime() === Date.now(), today instanceof Day && today instanceof Date, other.next().toISOString(), Object.prototype.toString.call(today), new (class extends Day {})(5).getTime()];
    });
    registerWorkflow('signals', async () => { const { signal } = new AbortController(); return [signal instanceof AbortSignal, AbortSignal.abort() instanceof AbortSignal, signal instanceof EventTarget, Object.prototype.toString.call(signal), {} instanceof AbortSignal]; });
    registerWorkflow('intl', async () => [Object.keys(new Intl.NumberFormat('de').resolvedOptions()).length > 0, new Intl.NumberFormat('de').format(1234.5), new Intl.PluralRules('en').select(1), ['b', 'a'].sort(new Intl.Collator('en').compare), new Date(0).toLocaleDateString('en', { timeZone: 'UTC' })]);
  `);
  harness = startHarness(program, { env: { VISIBLE: 'yes' } });
});

afterAll(() => harness.close());

describe('a replay', () => {
  it('sees the very time and randomness that were seen before', async () => {
    const replaying = startHarness(program, { maxResidentExecutions: 0 });
    expect(await replaying.run('replayed')).toEqual([]);
    expect(replaying.runtime.counters.replays).toBeGreaterThan(20);
    await replaying.close();
  });
});

describe('randomness', () => {
  it('comes from the seed of the run, whatever steps it has', async () => {
    const world = createMemoryWorld();
    const producer = startHarness(program, { world, worker: 'off' });
    const run = await producer.runtime.start({ workflowId: 'draws' }, []);
    const [created] = await world.runs.history(run.runId);
    if (created?.eventType !== 'run_created') throw new Error('no creation');
    const eventData = { ...created.eventData, workflowName: 'stepsAndDraws' };
    const runId = `${run.runId.slice(0, -1)}${run.runId.endsWith('0') ? '1' : '0'}`;
    await world.runs.create({ ...created, runId, eventData });
    const driving = startHarness(program, { world });
    const drawn = await driving.runtime.getRun(run.runId).returnValue;
    expect(await driving.runtime.getRun(runId).returnValue).toEqual(drawn);
    expect(drawn).not.toEqual(await driving.run('draws'));
    await producer.runtime.close();
    await driving.close();
  });
});

describe('what a workflow is refused', () => {
  it('names what to use instead', async () => {
    const hints = (await harness.run('hints')) as Record<string, string>;
    for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
      expect(hints[name]).toContain(name);
      expect(hints[name]).toContain('sleep()');
    }
    expect(hints.fetch).toContain('fetch of perdure');
    for (const name of ['ReadableStream', 'WritableStream']) expect(hints[name]).toContain('step');
  });

  it('is every function of crypto.subtle but digest', async () => {
    const subtle = Object.getOwnPropertyNames(Object.getPrototypeOf(globalThis.crypto.subtle));
    const others = subtle.filter((name) => name !== 'constructor' && name !== 'digest');
    const told = (await harness.run('subtle', others)) as Record<string, string>;
    // Functions that only a newer Node has are not there at all.
    expect(Object.values(told).filter((code) => code !== 'ONLY_IN_STEP' && code !== 'TypeError')).toEqual([]);
    expect(Object.values(told).filter((code) => code === 'ONLY_IN_STEP')).toHaveLength(11);
  });

  it('is every write to process and its env', async () => {
    const [refused, env, keys] = (await harness.run('process')) as [string[], object, string[]];
    expect(refused).toEqual(
      ['assign', 'add', 'remove', 'replace', 'extend', 'define'].map((name) => `${name} TypeError`),
    );
    expect(env).toEqual({ VISIBLE: 'yes' });
    expect(keys).toEqual(['env']);
  });

  it('is what would tell one process from another: weak references, shared memory, code made at run time', async () => {
    expect(await harness.run('gone')).toEqual({ found: [], made: [] });
  });
});

describe('in a workflow', () => {
  it('classes may extend Date', async () => {
    expect(await harness.run('inherits')).toEqual([
      true,
      true,
      '1970-01-02T00:00:00.000Z',
      '[object Date]',
      5,
    ]);
  });

  it('a signal is an AbortSignal', async () => {
    expect(await harness.run('signals')).toEqual([
      true,
      true,
      expect.any(Boolean),
      '[object AbortSignal]',
      false,
    ]);
  });

  it('Intl formats, compares and counts as in Node', async () => {
    expect(await harness.run('intl')).toEqual([true, '1.234,5', 'one', ['a', 'b'], '1/1/1970']);
  });
});
