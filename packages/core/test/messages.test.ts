/** Errors that users meet in the wrong place, by their codes: each is provoked, and says how to mend it. */
import { createMemoryWorld } from '@perdure/world-memory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as host from '../src/host-api.ts';
import { createRuntime, parseKeys } from '../src/index.ts';
import { type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let harness: Harness;

beforeAll(async () => {
  const program = await buildProgram(`
    import { registerWorkflow } from 'perdure:guest';
    import { createHook, createWebhook, RetryableError } from 'perdure';
    import { getRun } from 'perdure/api';
    const misuses = {
      url: () => new URL('no url'),
      text: () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])),
      token: () => createHook({ token: '' }),
      disposed: async () => { const hook = createHook(); hook.dispose(); await hook; },
      response: async () => { const hook = createWebhook({ respondWith: 'manual' }); await (await hook).respondWith('no response'); },
      signal: () => new AbortSignal(),
      index: () => getRun('wrun_1').getReadable({ startIndex: 0.5 }),
      conflict: async () => { const hooks = [createHook({ token: 'twice' }), createHook({ token: 'twice' })]; await hooks[1]; },
      retryable: () => { throw new RetryableError('later'); },
    };
    registerWorkflow('misuse', async (name) => {
      try { await misuses[name](); } catch (error) { return { code: error.code, message: error.message, hint: error.hint }; }
    });
    registerWorkflow('waits', async () => { await createHook({ token: 'messages' }); });
    registerWorkflow('fails', async () => { throw new RangeError('on purpose'); });
    registerWorkflow('takes', async (stream) => { await createHook({ token: 'takes' }); return stream; });
  `);
  harness = startHarness(program);
});

afterAll(() => harness.close());

describe('in a workflow', () => {
  it.each([
    ['url', 'ERR_INVALID_URL'],
    ['text', 'ERR_ENCODING_INVALID_ENCODED_DATA'],
    ['token', 'HOOK_TOKEN_INVALID'],
    ['disposed', 'HOOK_DISPOSED'],
    ['signal', 'SIGNAL_NOT_CONSTRUCTIBLE'],
    ['index', 'STREAM_INDEX_INVALID'],
    ['conflict', 'HOOK_CONFLICT'],
    ['retryable', 'RETRYABLE'],
  ])('%s: %s', async (name, code) => {
    expect(await harness.run('misuse', name)).toMatchObject({ code, message: expect.any(String) });
  });

  it('a request is answered with nothing but a Response', async () => {
    const run = await harness.runtime.start<[string], unknown>({ workflowId: 'misuse' }, ['response']);
    const hook = await until(async () => {
      const history = await harness.events(run.runId);
      return history.find(({ eventType }) => eventType === 'hook_created');
    });
    const { token } = hook.eventData as { token: string };
    const answered = harness.runtime.resumeWebhook(
      token,
      new Request('http://localhost/', { method: 'POST' }),
    );
    await expect(answered).rejects.toMatchObject({ code: 'WEBHOOK_UNANSWERED' });
    expect(await run.returnValue).toMatchObject({ code: 'RESPONSE_EXPECTED' });
  });
});

describe('outside of one', () => {
  it.each([
    ['sleep', () => host.sleep('1s'), 'ONLY_IN_WORKFLOW'],
    ['createHook', () => host.createHook(), 'ONLY_IN_WORKFLOW'],
    ['createWebhook', () => host.createWebhook(), 'ONLY_IN_WORKFLOW'],
    ['getStepMetadata', () => host.getStepMetadata(), 'ONLY_IN_STEP'],
    ['getWritable', () => host.getWritable(), 'ONLY_IN_RUN'],
    ['getWorkflowMetadata', () => host.getWorkflowMetadata(), 'ONLY_IN_RUN'],
    ['setAttributes', () => host.setAttributes({}), 'ONLY_IN_RUN'],
    ['getAttributes', () => host.getAttributes(), 'ONLY_IN_RUN'],
  ])('%s() says where it belongs', async (name, call, code) => {
    const error = await (async () => call())().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(`${name}()`),
      hint: expect.stringMatching(/\S/),
    });
  });

  it('start() takes nothing but a workflow', async () => {
    const error = await harness.runtime.start(((): void => undefined) as never).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'NOT_A_WORKFLOW',
      hint: expect.stringContaining('--import perdure/register'),
    });
  });

  it('a run that failed says what it threw', async () => {
    await expect(harness.run('fails')).rejects.toMatchObject({
      code: 'RUN_FAILED',
      message: expect.stringContaining('RangeError: on purpose'),
    });
  });

  it('a process without compiled code says how to compile it', async () => {
    const runtime = createRuntime({ world: createMemoryWorld(), worker: 'off' });
    await expect(runtime.start({ workflowId: 'waits' })).rejects.toMatchObject({ code: 'PROGRAM_UNKNOWN' });
    await runtime.close();
    await expect((async () => runtime.start({ workflowId: 'waits' }))()).rejects.toMatchObject({
      code: 'RUNTIME_CLOSED',
    });
  });

  it.each(['', 'k1', 'k1:short', 'k 1:AAAA', `k1:${'A'.repeat(43)}=,k1:${'A'.repeat(43)}=`])(
    'keys that are none: %j',
    (text) => {
      expect(() => parseKeys(text)).toThrow(expect.objectContaining({ code: 'KEYS_INVALID' }));
    },
  );

  it('a stream whose source throws what cannot be stored ends with the error that says so', async () => {
    const odd = Object.assign(new Error('odd'), { callback: () => undefined });
    const failing = new ReadableStream({ pull: (controller) => controller.error(odd) });
    const run = await harness.runtime.start({ workflowId: 'takes' }, [failing]);
    await until(() => harness.world.runs.hookByToken('takes'));
    await harness.runtime.resumeHook('takes', null);
    const stream = (await run.returnValue) as ReadableStream;
    await expect(stream.getReader().read()).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
    expect(harness.problems).toEqual([]);
  });

  it('a stream whose process stops is broken off, and its reader told', async () => {
    const program = await buildProgram(`
      import { registerWorkflow } from 'perdure:guest';
      import { createHook } from 'perdure';
      registerWorkflow('takes', async (stream) => { await createHook({ token: 'takes' }); return stream; });
    `);
    const world = createMemoryWorld();
    const carrier = startHarness(program, { world });
    const endless = new ReadableStream({ pull: () => new Promise(() => undefined) });
    const run = await carrier.runtime.start({ workflowId: 'takes' }, [endless]);
    await until(() => world.runs.hookByToken('takes'));
    await carrier.runtime.close({ graceMs: 0 });
    const next = startHarness(program, { world });
    await next.runtime.resumeHook('takes', null);
    const stream = (await next.runtime.getRun(run.runId).returnValue) as ReadableStream;
    await expect(stream.getReader().read()).rejects.toMatchObject({ code: 'STREAM_BROKEN_OFF' });
    await next.close();
  });
});
