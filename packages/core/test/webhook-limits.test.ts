import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProgramSource } from '../src/index.ts';
import { type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
let harness: Harness;

beforeAll(async () => {
  program = await buildProgram(`
    import { registerWorkflow } from 'perdure:guest';
    import { createHook, createWebhook } from 'perdure';
    registerWorkflow('takes', async () => { const hook = createWebhook(); return (await hook).method; });
    registerWorkflow('disposes', async () => { createWebhook().dispose(); await createHook({ token: 'later' }); });
    registerWorkflow('holds', async () => { const hook = createWebhook({ respondWith: 'manual' }); await hook; await createHook({ token: 'later' }); });
    registerWorkflow('named', async () => { await createHook({ token: 'of a user' }); });
  `);
});

afterEach(() => harness.close());

/** Starts a run, and gives the URL of its hook. */
async function hookOf(workflowId: string, options: Parameters<typeof startHarness>[1] = {}): Promise<string> {
  harness = startHarness(program, options);
  const run = await harness.runtime.start({ workflowId }, []);
  const [hook] = await until(async () => {
    const hooks = await harness.world.runs.hooks(run.runId);
    return hooks.length > 0 && hooks;
  });
  return `http://localhost/.well-known/workflow/v1/webhook/${encodeURIComponent(hook!.token)}`;
}

async function ask(url: string, init: object = {}): Promise<[number, unknown]> {
  const response = (await harness.runtime.handle(new Request(url, { method: 'POST', ...init })))!;
  return [response.status, await response.json().catch(() => null)];
}

const refused = (status: number, code: string): unknown => [status, { error: expect.any(String), code }];
const endless = (): ReadableStream =>
  new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000)) });

describe('a request to a webhook', () => {
  it('has a bounded body, whether its length is told or not', async () => {
    const url = await hookOf('takes', { limits: { webhookBodyBytes: 10_000 } });
    const told = { body: 'x', headers: { 'content-length': '10001' } };
    expect(await ask(url, told)).toEqual(refused(413, 'BODY_TOO_LARGE'));
    expect(await ask(url, { body: endless(), duplex: 'half' })).toEqual(refused(413, 'BODY_TOO_LARGE'));
    expect(await ask(url, { body: new Uint8Array(10_000) })).toEqual([202, null]);
  });

  it('has a bounded time for its body, and nothing of it is read after that', async () => {
    const url = await hookOf('takes', { webhooks: { timeoutMs: 20 } });
    let state = 'read';
    const silent = new ReadableStream({
      cancel: () => {
        state = 'cancelled';
      },
    });
    expect(await ask(url, { body: silent, duplex: 'half' })).toEqual(refused(408, 'BODY_TOO_SLOW'));
    expect(state).toBe('cancelled');
  });

  it('has bounded headers and a bounded URL', async () => {
    const url = await hookOf('takes');
    const headers = { 'x-large': 'x'.repeat(33_000) };
    expect(await ask(url, { headers })).toEqual(refused(431, 'HEADERS_TOO_LARGE'));
    expect(await ask(`${url}?${'q'.repeat(17_000)}`)).toEqual(refused(431, 'HEADERS_TOO_LARGE'));
    expect(await ask(url)).toEqual([202, null]);
  });

  it('waits for a manual answer only so long, and only as long as its caller', async () => {
    const url = await hookOf('holds', { webhooks: { answerMs: 20 } });
    expect(await ask(url)).toEqual(refused(504, 'WEBHOOK_ANSWER_LATE'));
    await harness.close();
    const patient = await hookOf('holds');
    const caller = new AbortController();
    const answer = ask(patient, { signal: caller.signal });
    await until(async () => {
      const { runs } = await harness.world.runs.list();
      return (await harness.world.runs.hooks(runs[0]!.runId)).some(({ token }) => token === 'later');
    });
    caller.abort();
    expect(await answer).toEqual(refused(504, 'WEBHOOK_ANSWER_LATE'));
  });

  it('is refused the same for a token that never was, was disposed, is a user’s or no token', async () => {
    const disposed = await hookOf('disposes');
    const bodies = [await ask(disposed)];
    await harness.close();
    bodies.push(await ask(await hookOf('named')));
    const base = 'http://localhost/.well-known/workflow/v1/webhook/';
    for (const token of [`whk_${'0'.repeat(64)}`, '', 'x'.repeat(5_000), '%00', '..%2f', '__proto__'])
      bodies.push(await ask(base + token));
    for (const body of bodies) expect(body).toEqual(bodies[0]);
    expect(bodies[0]).toEqual(refused(404, 'HOOK_NOT_FOUND'));
  });

  it('tells nothing of what went wrong inside', async () => {
    const url = await hookOf('takes');
    harness.world.runs.hookByToken = () => Promise.reject(new Error('/secret/path: secret'));
    expect(await ask(url)).toEqual([500, { error: 'The request could not be taken.', code: 'UNEXPECTED' }]);
    expect(harness.problems).toEqual(['a request could not be taken']);
  });
});
