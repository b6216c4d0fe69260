/** What is different in a workflow: time, absence, the console. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkflowRunFailedError } from '../src/index.ts';
import { declareSteps, type Harness, startHarness } from './harness.ts';
import { buildProgram } from './program.ts';

let harness: Harness;
const lines: string[] = [];

beforeAll(async () => {
  declareSteps({ 'table/nothing': () => undefined });
  const program = await buildProgram(`
    import { registerWorkflow, step } from 'perdure:guest';
    const nothing = step('table/nothing');
    const attempt = (use) => { try { use(); return 'no error'; } catch (e) { return e.code ?? e.name; } };
    registerWorkflow('formats', async () => { await nothing(); const f = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'full', timeZone: 'UTC' }), now = new Date();
      return { same: [f.format() === f.format(now), JSON.stringify(f.formatToParts()) === JSON.stringify(f.formatToParts(now)), [undefined].map(f.format)[0] === f.format(now), f.format === f.format], other: f.format(0) !== f.format(), since: performance.now() === Date.now() - performance.timeOrigin, locale: new Date().toLocaleString('en') === now.toLocaleString('en') }; });
    registerWorkflow('absent', async () => ({
      gone: ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'WebAssembly', 'Temporal'].filter((name) => name in globalThis),
      thrown: { setTimeout: attempt(() => setTimeout(() => 1)), setInterval: attempt(() => setInterval(() => 1)), setImmediate: attempt(() => setImmediate(() => 1)), fetch: attempt(() => fetch('http://h')), require: attempt(() => globalThis.require('fs')),
        eval: attempt(() => globalThis.eval('1')), Function: attempt(() => new Function('1')), async: attempt(() => (async () => {}).constructor('1')), generator: attempt(() => (function* () {}).constructor('1')),
        env: attempt(() => { process.env.A = 'b'; }), process: attempt(() => { process.exit = 1; }), sign: attempt(() => crypto.subtle.sign()), key: attempt(() => crypto.subtle.generateKey()),
        readable: attempt(() => new ReadableStream()), writable: attempt(() => new WritableStream()), transform: attempt(() => new TransformStream()), reader: attempt(() => new Response('x').body.getReader()), tee: attempt(() => new Response('x').body.tee()),
        iterate: attempt(() => new Response('x').body[Symbol.asyncIterator]()), transfer: attempt(() => structuredClone(new ArrayBuffer(1), { transfer: [new ArrayBuffer(1)] })) },
      harmless: [clearTimeout(undefined), clearInterval(1)], process: Object.keys(process), body: new Response('x').body instanceof ReadableStream }));
    registerWorkflow('hint', async () => { try { crypto.subtle.sign(); } catch (e) { return e.hint; } });
    registerWorkflow('microtask', async () => { queueMicrotask(() => { throw new RangeError('lost?'); }); await nothing(); return 'went on'; });
    registerWorkflow('abort listener', async () => { const c = new AbortController(); c.signal.addEventListener('abort', () => { throw new RangeError('lost?'); }); c.abort(); await nothing(); return 'went on'; });
    registerWorkflow('listener', async () => { const t = new EventTarget(); t.addEventListener('x', () => { throw new RangeError('lost?'); }); t.dispatchEvent(new Event('x')); await nothing(); return 'went on'; });
    registerWorkflow('console', async () => {
      console.log('%s is %d of %i, %f%% %o', 'one', '2.5', '7.9', '1.5', { a: 1 }, 'rest'); console.info(new Map([[1, { b: [2n] }]]), new Set(['x']), undefined, null, -0, Symbol('s'), () => 1);
      const circle = { n: 1 }; circle.self = circle; console.warn(circle); console.group('title'); console.debug('inside'); console.groupEnd(); console.error('out');
      console.table([{ a: 1, b: 'x' }, { a: 22 }]); console.assert(false, 'no %s', 'way'); console.assert(true, 'silent'); console.count(); console.count(); console.log('%s', 'a', 'b', 3); console.log(new Uint8Array([1, 2]), new Date(0)); class P { x = 1; } console.log(new P());
      return 1; });
    registerWorkflow('overwritten', async () => { globalThis.URL = 5; const kept = URL; globalThis.fresh = 1; return [kept, typeof URLSearchParams, globalThis.fresh]; });
    registerWorkflow('fresh', async () => [typeof URL, typeof globalThis.fresh]);
    registerWorkflow('seeded', async () => [Math.random(), crypto.randomUUID(), Array.from(crypto.getRandomValues(new Uint16Array(3)))]);
  `);
  harness = startHarness(program, {
    env: { VISIBLE: 'yes' },
    log: (_run, { level, text }) => lines.push(`${level} ${text}`),
  });
});

afterAll(() => harness.close());

describe('a workflow', () => {
  it('formats the logical time where no time is given', async () => {
    expect(await harness.run('formats')).toEqual({
      same: [true, true, true, true],
      other: true,
      since: true,
      locale: true,
    });
  });

  it('has neither timers nor network nor ways to make code, and says what to do', async () => {
    expect(await harness.run('absent')).toEqual({
      gone: [],
      thrown: {
        ...Object.fromEntries(
          ['setTimeout', 'setInterval', 'setImmediate', 'fetch', 'require'].map((name) => [
            name,
            'ABSENT_IN_WORKFLOW',
          ]),
        ),
        ...Object.fromEntries(['eval', 'Function', 'async', 'generator'].map((name) => [name, 'EvalError'])),
        ...Object.fromEntries(['env', 'process'].map((name) => [name, 'TypeError'])),
        ...Object.fromEntries(['sign', 'key', 'transform'].map((name) => [name, 'ONLY_IN_STEP'])),
        ...Object.fromEntries(
          ['readable', 'writable', 'reader', 'tee', 'iterate'].map((name) => [name, 'STREAMS_ARE_FOR_STEPS']),
        ),
        transfer: 25,
      },
      harmless: [undefined, undefined],
      process: ['env'],
      body: true,
    });
    expect(await harness.run('hint')).toBe('Do it in a function with "use step".');
  });

  it.each(['microtask', 'listener', 'abort listener'])(
    'fails when a %s throws with nobody to catch it',
    async (id) => {
      const error = await harness.run(id).catch((caught) => caught);
      expect(WorkflowRunFailedError.is(error)).toBe(true);
      expect(error).toMatchObject({ cause: { name: 'RangeError', message: 'lost?' } });
    },
  );

  it('prints what a console prints', async () => {
    lines.length = 0;
    await harness.run('console');
    expect(lines).toEqual([
      'log one is 2.5 of 7, 1.5% {"a":1} rest',
      'info Map(1) {1 => {"b":[2n]}} Set(1) {"x"} undefined null -0 Symbol(s) [Function (anonymous)]',
      'warn {"n":1,"self":[Circular]}',
      'log title',
      'debug   inside',
      'error out',
      'log (index)  a   b\n0        1   x\n1        22',
      'error Assertion failed: no way',
      'log default: 1',
      'log default: 2',
      'log a b 3',
      'log Uint8Array(2) [1,2] 1970-01-01T00:00:00.000Z',
      'log P {"x":1}',
    ]);
  });

  it('may replace a global, for itself', async () => {
    expect(await harness.run('overwritten')).toEqual([5, 'function', 1]);
    expect(await harness.run('fresh')).toEqual(['function', 'undefined']);
  });

  it('draws other numbers than other runs', async () => {
    const [one, two] = await Promise.all([harness.run('seeded'), harness.run('seeded')]);
    expect(one).not.toEqual(two);
  });
});
