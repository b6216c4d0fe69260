import { randomBytes } from 'node:crypto';
import { createMemoryWorld } from '@perdure/world-memory';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Key, ProgramSource } from '../src/index.ts';
import { declareSteps, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
const open: Harness[] = [];
const key = (id: string): Key => ({ id, secret: randomBytes(32) });

beforeAll(async () => {
  declareSteps({ 'sealed/repeat': (text: string) => `${text} ${text}` });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { createHook } from 'perdure';
    const repeat = step('sealed/repeat');
    registerWorkflow('sealed', async (text) => {
      const twice = await repeat(text);
      const hook = createHook({ token: 'sealed-token', metadata: { secret: text } });
      const { answer } = await hook;
      return twice + ' ' + answer;
    });
    registerWorkflow('fails', async (text) => { throw new Error(text); });
  `);
});

afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close();
});

function harnessOf(options: Parameters<typeof startHarness>[1]): Harness {
  const harness = startHarness(program, options);
  open.push(harness);
  return harness;
}

describe('a run with encryption', () => {
  it('stores no argument, result, payload, metadata or error in the clear', async () => {
    const { runtime, world } = harnessOf({ encryption: [key('k1')] });
    const run = await runtime.start({ workflowId: 'sealed' }, ['hushed']);
    await until(() => world.runs.hookByToken('sealed-token'));
    expect((await runtime.getHookByToken('sealed-token')).metadata).toEqual({ secret: 'hushed' });
    await runtime.resumeHook('sealed-token', { answer: 'whispered' });
    expect(await run.returnValue).toBe('hushed hushed whispered');
    const failed = await runtime.start({ workflowId: 'fails' }, ['unspoken']);
    await expect(failed.returnValue).rejects.toMatchObject({ cause: { message: 'unspoken' } });
    for (const { runId } of [run, failed]) {
      const stored = (await world.runs.history(runId)).map((event) =>
        JSON.stringify(event, (_field, value) =>
          value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
        ),
      );
      expect(stored.join('\n')).not.toMatch(/hushed|whispered|unspoken/);
    }
  });

  it('pauses while its key is missing, and goes on when the key is back', async () => {
    let now = Date.now();
    const clock = (): number => now;
    const world = createMemoryWorld({ clock });
    const [old, fresh] = [key('old'), key('fresh')];
    const first = startHarness(program, { world, clock, encryption: [old] });
    const run = await first.runtime.start({ workflowId: 'sealed' }, ['hushed']);
    await until(() => world.runs.hookByToken('sealed-token'));
    await first.runtime.close();

    const second = startHarness(program, { world, clock, encryption: [fresh] });
    await expect(second.runtime.getHookByToken('sealed-token')).rejects.toMatchObject({
      code: 'PAYLOAD_UNREADABLE',
    });
    const sender = harnessOf({ world, clock, encryption: [old], worker: 'off' });
    await sender.runtime.resumeHook('sealed-token', { answer: 'whispered' });
    const paused = await until(async () => {
      const projection = await world.runs.get(run.runId);
      return projection?.status === 'paused' && projection;
    });
    expect(paused.pauseReason?.message).toContain('"old"');
    await second.runtime.close();

    now += 60_000;
    const third = harnessOf({ world, clock, encryption: [fresh, old], pollMs: 5 });
    expect(await third.runtime.getRun(run.runId).returnValue).toBe('hushed hushed whispered');
  });
});
