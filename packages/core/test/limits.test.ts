import { createMemoryWorld } from '@perdure/world-memory';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Limits, type ProgramSource } from '../src/index.ts';
import { declareSteps, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
let attempts = 0;
const open: Harness[] = [];
const tooLarge = { name: 'LimitError', code: 'PAYLOAD_TOO_LARGE' };

beforeAll(async () => {
  declareSteps({
    'limits/repeat': (text: string, times: number) => {
      attempts += 1;
      return text.repeat(times);
    },
    'limits/throws': (times: number) => {
      throw new Error('x'.repeat(times));
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { start } from 'perdure/api';
    import { sleep } from 'perdure';
    const repeat = step('limits/repeat'), throws = step('limits/throws');
    throws.maxRetries = 0;
    const told = async (call) => { try { return await call(); } catch (error) { return [error.name, error.code]; } };
    registerWorkflow('returns', async (text, times) => text.repeat(times));
    registerWorkflow('argument', (times) => told(() => repeat('x'.repeat(times), 1)));
    registerWorkflow('result', (times) => told(() => repeat('x', times)));
    registerWorkflow('error', (times) => told(() => throws(times)));
    registerWorkflow('sleeps', async (times) => { for (let i = 0; i < times; i++) await sleep(1); return times; });
    registerWorkflow('nests', async (depth) => depth === 0 ? 0 : told(async () => (await start({ workflowId: 'nests' }, [depth - 1])).returnValue));
  `);
});

afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close();
});

function harnessOf(limits: Partial<Limits>, more: Parameters<typeof startHarness>[1] = {}): Harness {
  const harness = startHarness(program, { limits, ...more });
  open.push(harness);
  return harness;
}

describe('the limit of payloads', () => {
  it('refuses arguments and hook payloads where they are given', async () => {
    const { runtime } = harnessOf({ payloadBytes: 20_000 });
    await expect(runtime.start({ workflowId: 'returns' }, ['x'.repeat(20_000), 1])).rejects.toMatchObject(
      tooLarge,
    );
    expect(
      await (await runtime.start({ workflowId: 'returns' }, ['é'.repeat(9_000), 1])).returnValue,
    ).toHaveLength(9_000);
    await expect(runtime.start({ workflowId: 'returns' }, ['é'.repeat(10_000), 1])).rejects.toMatchObject(
      tooLarge,
    );
  });

  it('fails the step whose argument or result is larger, without another attempt', async () => {
    const { run } = harnessOf({ payloadBytes: 20_000 });
    attempts = 0;
    expect(await run('argument', 20_000)).toEqual(['LimitError', 'PAYLOAD_TOO_LARGE']);
    expect(attempts).toBe(0);
    expect(await run('result', 20_000)).toEqual(['LimitError', 'PAYLOAD_TOO_LARGE']);
    expect(attempts).toBe(1);
    expect(await run('error', 20_000)).toEqual(['LimitError', 'PAYLOAD_TOO_LARGE']);
    expect(await run('result', 19_000)).toHaveLength(19_000);
  });

  it('fails the run whose value is larger', async () => {
    const { run } = harnessOf({ payloadBytes: 20_000 });
    await expect(run('returns', 'x', 20_000)).rejects.toMatchObject({ cause: tooLarge });
  });
});

describe('the limit of a history', () => {
  it('pauses the run that needs more, which goes on when it is raised', async () => {
    const world = createMemoryWorld();
    const first = harnessOf({ historyEvents: 20 }, { world });
    const run = await first.runtime.start({ workflowId: 'sleeps' }, [30]);
    const paused = await until(async () => {
      const found = await world.runs.get(run.runId);
      return found?.status === 'paused' && found;
    });
    expect(paused.pauseReason).toMatchObject({ code: 'HISTORY_TOO_LONG' });
    await first.runtime.close();
    const second = harnessOf({}, { world });
    expect(await second.runtime.getRun(run.runId).returnValue).toBe(30);
  });

  it('reports a run once that grows long', async () => {
    const told: unknown[] = [];
    const { run } = harnessOf(
      { historyEventsReported: 20 },
      { report: (_problem, error) => told.push(error) },
    );
    expect(await run('sleeps', 30)).toBe(30);
    expect(told).toMatchObject([{ code: 'HISTORY_LONG' }]);
  });
});

describe('the limit of nested runs', () => {
  it('refuses the child that is too deep', async () => {
    const { run } = harnessOf({ childDepth: 2 });
    expect(await run('nests', 2)).toBe(0);
    expect(await run('nests', 3)).toEqual(['LimitError', 'CHILDREN_TOO_DEEP']);
  });
});

it('refuses limits that are none', () => {
  const world = createMemoryWorld();
  for (const limits of [
    { payloadBytes: 16_383 },
    { historyEvents: 1.5 },
    { childDepth: Number.NaN },
    { bytes: 1 },
  ])
    expect(() => createRuntime({ world, limits, worker: 'off' })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
});
