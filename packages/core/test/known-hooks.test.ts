/** Sending to a token again: without looking for its hook, and never to a hook that had it before. */
import { createMemoryWorld } from '@perdure/world-memory';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HookNotFoundError, type ProgramSource } from '../src/index.ts';
import { type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
let harness: Harness;
let looks: number;

beforeAll(async () => {
  program = await buildProgram(`
    import { registerWorkflow } from 'perdure:guest';
    import { createHook } from 'perdure';
    registerWorkflow('sums', async (token, count) => {
      const hook = createHook({ token, metadata: { for: token } });
      let sum = 0;
      for (let i = 0; i < count; i += 1) sum += await hook;
      return sum;
    });
  `);
});

beforeEach(() => {
  const world = createMemoryWorld();
  looks = 0;
  const find = world.runs.hookByToken;
  world.runs.hookByToken = (token) => {
    looks += 1;
    return find.call(world.runs, token);
  };
  harness = startHarness(program, { world });
  return () => harness.close();
});

async function waitingRun(token: string, count: number): Promise<{ returnValue: Promise<unknown> }> {
  const run = await harness.runtime.start({ workflowId: 'sums' }, [token, count]);
  await until(async () => (await harness.world.runs.hooks(run.runId)).length === 1);
  return run;
}

describe('resumeHook', () => {
  it('looks for a hook once', async () => {
    const run = await waitingRun('t', 3);
    const infos = [];
    for (const payload of [1, 2, 3]) infos.push(await harness.runtime.resumeHook('t', payload));
    expect(infos.map(({ metadata }) => metadata)).toEqual(Array(3).fill({ for: 't' }));
    expect(await run.returnValue).toBe(6);
    expect(looks).toBe(1);
  });

  it('gives metadata that is the caller’s own', async () => {
    await waitingRun('t', 3);
    const { metadata } = await harness.runtime.resumeHook('t', 1);
    (metadata as { for: string }).for = 'changed';
    expect((await harness.runtime.resumeHook('t', 1)).metadata).toEqual({ for: 't' });
  });

  it('finds the hook that has the token now', async () => {
    const first = await waitingRun('t', 1);
    await harness.runtime.resumeHook('t', 1);
    expect(await first.returnValue).toBe(1);
    const second = await waitingRun('t', 2);
    await harness.runtime.resumeHook('t', 20);
    await harness.runtime.resumeHook('t', 3);
    expect(await second.returnValue).toBe(23);
    expect(looks).toBe(2);
  });

  it('says that there is no hook any more', async () => {
    const run = await waitingRun('t', 1);
    await harness.runtime.resumeHook('t', 1);
    await run.returnValue;
    await expect(harness.runtime.resumeHook('t', 1)).rejects.toThrow(HookNotFoundError);
  });
});

describe('a run that nobody holds', () => {
  it('goes on where its payload is sent, in the same write', async () => {
    const run = await waitingRun('t', 2);
    const claims: unknown[] = [];
    const send = harness.world.runs.send;
    harness.world.runs.send = async (...given) => {
      const sent = await send.apply(harness.world.runs, given);
      claims.push(sent.claim?.worker === given[2]?.claimFor?.worker && sent.claim !== undefined);
      return sent;
    };
    const isAtRest = async () =>
      (await harness.world.runs.claim({ worker: 'other', leaseMs: 1, limit: 0 })).nextWakeAt === null;
    await until(isAtRest);
    await harness.runtime.resumeHook('t', 1);
    await until(isAtRest);
    await harness.runtime.resumeHook('t', 2);
    expect(await run.returnValue).toBe(3);
    expect(claims).toEqual([true, true]);
  });

  it('is left to others by a process that drives nothing', async () => {
    const run = await waitingRun('t', 1);
    const sender = startHarness(program, { world: harness.world, worker: 'off' });
    const asked: unknown[] = [];
    const send = harness.world.runs.send;
    harness.world.runs.send = (...given) => {
      asked.push(given[2]?.claimFor);
      return send.apply(harness.world.runs, given);
    };
    await sender.runtime.resumeHook('t', 5);
    expect(await run.returnValue).toBe(5);
    expect(asked).toEqual([undefined]);
    await sender.runtime.close();
  });
});
