import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FatalError, type ProgramSource, WorkflowRunFailedError } from '../src/index.ts';
import { declareSteps, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
let harness: Harness;

beforeAll(async () => {
  declareSteps({
    'sandbox/slow': () => new Promise((resolve) => setTimeout(() => resolve('slow'), 30)),
    'sandbox/fails': () => {
      throw new FatalError('no');
    },
    'sandbox/now': () => Date.now(),
  });
  program = await buildProgram(`
    import { step, registerWorkflow, tick } from 'perdure:guest';
    import { sleep, getWorkflowMetadata, getStepMetadata } from 'perdure';
    const slow = step('sandbox/slow'), fails = step('sandbox/fails'), now = step('sandbox/now');
    let moduleState = 0;
    registerWorkflow('clock', async () => {
      const before = Date.now();
      const still = Date.now();
      class Mine extends Date {}
      const stepTime = await now();
      return { same: before === still, after: Date.now() >= before, near: Math.abs(Date.now() - stepTime) < 5_000,
        mine: new Mine(0).getTime(), isDate: new Mine() instanceof Date, text: typeof Date(), fresh: new Date().getTime() === Date.now(),
        parsed: new Date('2020-01-01').toISOString(), plain: new Date().constructor === Date };
    });
    registerWorkflow('random', async () => {
      const words = crypto.getRandomValues(new Uint32Array(4));
      const first = [Math.random(), Math.random(), crypto.randomUUID(), Array.from(words)];
      await slow();
      return [first, Math.random()];
    });
    registerWorkflow('moduleState', async () => { moduleState += 1; await slow(); return moduleState; });
    registerWorkflow('absent', async () => {
      const names = { setTimeout: () => setTimeout(() => 1, 1), setInterval: () => setInterval(() => 1, 1), fetch: () => fetch('http://x'), require: () => globalThis.require('fs'),
        env: () => { process.env.X = '1'; }, step: () => getStepMetadata(), code: () => new Function('return 1')() };
      const seen = {};
      for (const [name, use] of Object.entries(names)) { try { use(); seen[name] = 'no error'; } catch (e) { seen[name] = e.code ?? e.name; } }
      return { seen, gone: [typeof WeakRef, typeof FinalizationRegistry, typeof SharedArrayBuffer, typeof WebAssembly], env: process.env.VISIBLE };
    });
    registerWorkflow('metadata', async () => { const m = getWorkflowMetadata(); return [m.workflowName, m.workflowRunId, m.workflowStartedAt]; });
    registerWorkflow('spin', async () => { while (true) { tick(1); } });
    registerWorkflow('spinMicrotasks', async () => { for (;;) { tick(20); await null; } });
    registerWorkflow('spinSwallowed', async () => { for (;;) { try { for (;;) { tick(1); } } catch {} tick(1); } });
    registerWorkflow('spinBehind', async () => { void (async () => { for (;;) { tick(20); await null; } })(); await slow(); return 'never'; });
    registerWorkflow('lateAwait', async () => { const a = slow(); const b = fails(); await a; await b; return 'never'; });
    registerWorkflow('lateAsync', async () => { const b = (async () => { await fails(); })(); await slow(); try { await b; } catch (e) { return e.message; } });
    registerWorkflow('neverAwaited', async () => { void Promise.reject(new Error('nobody cares')); void (async () => { throw new Error('nor here'); })(); await slow(); return 'fine'; });
    registerWorkflow('busy', async () => { let n = 0; for (let i = 0; i < 1000; i++) { tick(1); n += i; } await slow(); return n; });
    registerWorkflow('console', async () => { console.log('one', { a: 1 }); await slow(); console.warn('two'); return 1; });
    registerWorkflow('base64', async () => [btoa('hello \\u00ff'), atob(btoa('hello \\u00ff')), atob('aGk=')]);
  `);
  harness = startHarness(program, { turnBudget: 200_000, env: { VISIBLE: 'yes' } });
});

afterAll(() => harness.close());

describe('what a workflow sees', () => {
  it('has a clock that stands still within a turn and moves with the history', async () => {
    expect(await harness.run('clock')).toEqual({
      same: true,
      after: true,
      near: true,
      mine: 0,
      isDate: true,
      text: 'string',
      fresh: true,
      parsed: '2020-01-01T00:00:00.000Z',
      plain: true,
    });
  });

  it('has randomness of its own per run, the same on replay', async () => {
    const replaying = startHarness(program, { maxResidentExecutions: 0 });
    const [one, two] = await Promise.all([replaying.run('random'), replaying.run('random')]);
    expect(one).not.toEqual(two);
    await replaying.close();
  });

  it('has fresh module-level state', async () => {
    expect(await Promise.all([harness.run('moduleState'), harness.run('moduleState')])).toEqual([1, 1]);
  });

  it('names the fix for what is absent', async () => {
    expect(await harness.run('absent')).toEqual({
      seen: {
        setTimeout: 'ABSENT_IN_WORKFLOW',
        setInterval: 'ABSENT_IN_WORKFLOW',
        fetch: 'ABSENT_IN_WORKFLOW',
        require: 'ABSENT_IN_WORKFLOW',
        env: 'TypeError',
        step: 'ONLY_IN_STEP',
        code: 'EvalError',
      },
      gone: ['undefined', 'undefined', 'undefined', 'undefined'],
      env: 'yes',
    });
  });

  it('knows its run', async () => {
    const run = await harness.runtime.start({ workflowId: 'metadata' }, []);
    expect(await run.returnValue).toEqual(['metadata', run.runId, await run.startedAt]);
  });

  it('prints once per run, not once per replay', async () => {
    const lines: string[] = [];
    const log = (_runId: string, line: { level: string; text: string }) =>
      lines.push(`${line.level} ${line.text}`);
    const replaying = startHarness(program, { maxResidentExecutions: 0, log });
    await replaying.run('console');
    await replaying.close();
    expect(lines).toEqual(['log one {"a":1}', 'warn two']);
  });

  it('has base64', async () => {
    expect(await harness.run('base64')).toEqual([
      Buffer.from('hello ÿ', 'latin1').toString('base64'),
      'hello ÿ',
      'hi',
    ]);
  });
});

describe('a workflow that runs away', () => {
  it.each(['spin', 'spinMicrotasks', 'spinSwallowed', 'spinBehind'])(
    '%s ends with an error, not with the process',
    async (id) => {
      const error = await harness.run(id).catch((caught) => caught);
      expect(WorkflowRunFailedError.is(error)).toBe(true);
      expect(error).toMatchObject({ errorCode: 'TURN_BUDGET_EXCEEDED', cause: { name: 'LimitError' } });
    },
  );

  it('leaves other runs alone', async () => {
    const others = Array.from({ length: 5 }, () => harness.run('busy'));
    const spinning = harness.run('spin').catch((error) => error.errorCode);
    expect(await Promise.all(others)).toEqual(Array(5).fill(499_500));
    expect(await spinning).toBe('TURN_BUDGET_EXCEEDED');
  });
});

describe('a rejection that nobody awaits yet', () => {
  it('fails the run that awaits it later, and nothing else', async () => {
    const error = await harness.run('lateAwait').catch((caught) => caught);
    expect(error).toMatchObject({
      name: 'WorkflowRunFailedError',
      cause: { name: 'FatalError', message: 'no' },
    });
  });

  it('can be caught later', async () => {
    expect(await harness.run('lateAsync')).toBe('no');
  });

  it('disturbs neither the run nor the process when nobody ever awaits it', async () => {
    const seen: unknown[] = [];
    const listener = (reason: unknown) => seen.push(reason);
    process.on('unhandledRejection', listener);
    expect(await harness.run('neverAwaited')).toBe('fine');
    process.off('unhandledRejection', listener);
    expect(seen).toEqual([]);
  });

  it('still reaches the host when it is the host’s own', async () => {
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const seen: unknown[] = [];
    process.on('unhandledRejection', (reason) => seen.push(reason));
    void Promise.reject(new Error('host'));
    await until(() => seen.length > 0);
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
    expect(seen).toMatchObject([{ message: 'host' }]);
  });
});
