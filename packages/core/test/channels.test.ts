import { createMemoryWorld } from '@perdure/world-memory';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ProgramSource } from '../src/index.ts';
import { declareSteps, type Harness, startHarness } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
let harness: Harness;
let watchers = 0;

beforeAll(async () => {
  declareSteps({
    'channels/abortsBadly': async (controller: AbortController) => {
      controller.abort(() => 'a function cannot be stored');
      await new Promise((resolve) => setTimeout(resolve, 20));
      return 'not reached';
    },
    'channels/abortsAndThrows': async (controller: AbortController) => {
      controller.abort(() => 'a function cannot be stored');
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error('of its own');
    },
    'channels/write': async (stream: WritableStream<number>) => {
      const writer = stream.getWriter();
      for (const n of [1, 2, 3]) await writer.write(n);
      await writer.close();
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { createHook, getWritable } from 'perdure';
    const abortsBadly = step('channels/abortsBadly'), write = step('channels/write');
    const abortsAndThrows = step('channels/abortsAndThrows');
    abortsAndThrows.maxRetries = 0;
    registerWorkflow('abortsBadly', async () => { try { return await abortsBadly(new AbortController()); } catch (e) { return e.name; } });
    registerWorkflow('abortsAndThrows', async () => { try { await abortsAndThrows(new AbortController()); } catch (e) { return e.cause.message; } });
    registerWorkflow('waits', async () => { await createHook({ token: 'never' }); });
    registerWorkflow('writes', async () => { await write(getWritable()); return 'done'; });
  `);
  const world = createMemoryWorld();
  const watch = world.streams.watch;
  world.streams.watch = (...given) => {
    watchers += 1;
    const unwatch = watch.apply(world.streams, given);
    let watching = true;
    return () => {
      if (watching) watchers -= 1;
      watching = false;
      unwatch();
    };
  };
  harness = startHarness(program, { world });
});

afterAll(() => harness.close());

describe('an abort that cannot be stored', () => {
  it('fails the step that asked for it, and does not reach the process while the body goes on', async () => {
    expect(await harness.run('abortsBadly')).toBe('SerializationError');
  });

  it('gives way to what the body throws', async () => {
    expect(await harness.run('abortsAndThrows')).toBe('of its own');
  });
});

describe('a readable stream', () => {
  it('watches only while somebody reads, and lets go at its end and on cancel', async () => {
    const run = await harness.runtime.start({ workflowId: 'writes' }, []);
    await run.returnValue;
    expect(await run.readable.getTailIndex()).toBe(2);
    expect(watchers).toBe(0);
    expect(await Array.fromAsync(run.readable)).toEqual([1, 2, 3]);
    expect(watchers).toBe(0);
    const reader = run.readable.getReader();
    expect((await reader.read()).value).toBe(1);
    await reader.cancel();
    expect(watchers).toBe(0);
  });

  it('is read from the store no faster than a response of which it is the body', async () => {
    const run = await harness.runtime.start({ workflowId: 'waits' }, []);
    const writer = run.getWritable<Uint8Array>().getWriter();
    for (let i = 0; i < 500; i += 1) await writer.write(Uint8Array.of(i % 256));
    const { streams } = harness.world;
    const read = vi.spyOn(streams, 'read');
    const body = new Response(run.getReadable<Uint8Array>()).body!.getReader();
    expect((await body.read()).value).toEqual(Uint8Array.of(0));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(read).toHaveBeenCalledTimes(1);
    for (let i = 1; i < 500; i += 1) expect((await body.read()).value).toEqual(Uint8Array.of(i % 256));
    expect(read.mock.calls.length).toBeGreaterThan(5);
    await body.cancel();
    read.mockRestore();
    expect(watchers).toBe(0);
    await run.cancel();
  });

  it('lets go when it cannot be read', async () => {
    const stream = harness.runtime.getRun('wrun_none').readable;
    await expect(Array.fromAsync(stream)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    expect(watchers).toBe(0);
  });
});
