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
    registerWorkflow('returns', async (text) => text);
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

/** The same object but for one member. */
function withMember<T extends object, K extends keyof T>(target: T, key: K, member: T[K]): T {
  const get = (_: T, asked: string | symbol): unknown => {
    const value = asked === key ? member : (target as Record<string | symbol, unknown>)[asked];
    return typeof value === 'function' ? value.bind(target) : value;
  };
  return new Proxy(target, { get });
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

  it('refuses the payload of a process without keys, before anything is sent', async () => {
    const world = createMemoryWorld();
    const { runtime } = harnessOf({ world, encryption: [key('k1')] });
    const bare = await buildProgram(`
      import { registerWorkflow } from 'perdure:guest';
      import { createHook } from 'perdure';
      registerWorkflow('bare', async () => await createHook({ token: 'bare-token' }));
    `);
    const sealing = startHarness(bare, { world, encryption: [key('k2')] });
    open.push(sealing);
    await runtime.close();
    const run = await sealing.runtime.start({ workflowId: 'bare' }, []);
    await until(() => world.runs.hookByToken('bare-token'));
    const producer = startHarness(bare, { world, worker: 'off' });
    await expect(producer.runtime.resumeHook('bare-token', 'in the clear')).rejects.toMatchObject({
      code: 'PAYLOAD_UNREADABLE',
      message: expect.stringContaining('"k2"'),
    });
    await producer.runtime.close();
    await sealing.runtime.resumeHook('bare-token', 'sealed');
    expect(await run.returnValue).toBe('sealed');
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

  it('takes no readable payload in place of a sealed one', async () => {
    const world = createMemoryWorld();
    const keys = [key('k1')];
    const first = harnessOf({ world, encryption: keys });
    const run = await first.runtime.start({ workflowId: 'sealed' }, ['hushed']);
    const hook = await until(() => world.runs.hookByToken('sealed-token'));
    await world.runs.send(run.runId, {
      eventType: 'hook_received',
      key: 'forged',
      correlationId: hook.correlationId,
      eventData: { payload: '[{"answer":1},"forged"]' },
    });
    const paused = await until(async () => {
      const projection = await world.runs.get(run.runId);
      return projection?.status === 'paused' && projection;
    });
    expect(paused.pauseReason).toMatchObject({ code: 'PAYLOAD_UNREADABLE' });
    expect(paused.pauseReason?.message).toContain('is not sealed');
  });

  it('gives no readable result in place of a sealed one', async () => {
    const { runtime, world } = harnessOf({ encryption: [key('k1')] });
    const run = await runtime.start({ workflowId: 'returns' }, ['hushed']);
    expect(await run.returnValue).toBe('hushed');
    const history: typeof world.runs.history = async (...asked) =>
      (await world.runs.history(...asked)).map((event) =>
        event.eventType === 'run_completed' ? { ...event, eventData: { output: '["forged"]' } } : event,
      );
    const forged = withMember(world, 'runs', withMember(world.runs, 'history', history));
    const reader = harnessOf({ world: forged, encryption: [key('k1')], worker: 'off' });
    await expect(reader.runtime.getRun(run.runId).returnValue).rejects.toMatchObject({
      code: 'PAYLOAD_UNREADABLE',
      message: expect.stringContaining('is not sealed'),
    });
  });
});
