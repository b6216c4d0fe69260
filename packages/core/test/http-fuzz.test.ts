/** Requests that nobody would make: an answer with a code, nothing happens to any run, and nobody is let in. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signRequest } from '../src/index.ts';
import { type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

const rounds = 4_000;
const flow = 'http://localhost/.well-known/workflow/v1/flow';
const keys = [{ id: 'k', secret: randomBytes(32) }];
let harness: Harness;
let hook: string;
let runId: string;

/** Mulberry32: the same requests in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

beforeAll(async () => {
  const program = await buildProgram(`
    import { registerWorkflow } from 'perdure:guest';
    import { createWebhook } from 'perdure';
    registerWorkflow('takes', async () => { for await (const request of createWebhook()) if (request.method === 'PUT') return; });
  `);
  harness = startHarness(program, { signing: keys });
  const run = await harness.runtime.start({ workflowId: 'takes' }, []);
  runId = run.runId;
  const [made] = await until(async () => {
    const hooks = await harness.world.runs.hooks(runId);
    return hooks.length > 0 && hooks;
  });
  hook = made!.token;
});

afterAll(() => harness.close());

function mutated(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const pieces = [
    '',
    ' ',
    '0',
    'f',
    '\n',
    '%00',
    '/',
    '..',
    '"',
    '{',
    '}',
    ':1e999',
    '__proto__',
    'ÿ',
    'x'.repeat(300),
  ];
  return text.slice(0, at) + pieces[random(pieces.length)] + text.slice(at + random(4));
}

function requestOf(url: string, init: RequestInit): Request | undefined {
  try {
    return new Request(url, init);
  } catch {
    // No client can send it.
    return undefined;
  }
}

it(`${rounds} signed requests that were changed on the way do not pass`, async () => {
  const random = randomOf(1);
  for (let i = 0; i < rounds; i += 1) {
    const body = '{"limit":2,"timeoutMs":100}';
    const good = await signRequest(new Request(flow, { method: 'POST', body }), { keys });
    const header = good.headers.get('workflow-signature')!;
    const changed = mutated(header, random);
    if (changed.trim() === header) continue;
    const bad = requestOf(flow, { method: 'POST', body, headers: { 'workflow-signature': changed } });
    const response = bad && (await harness.runtime.handle(bad, { peer: '127.0.0.1' }));
    expect([undefined, 401]).toContain(response?.status);
  }
});

it(`${rounds} bodies of signed requests are driven or refused, nothing else`, async () => {
  const random = randomOf(2);
  for (let i = 0; i < rounds; i += 1) {
    let body = '{"limit":2,"timeoutMs":100}';
    for (let n = random(4); n >= 0; n -= 1) body = mutated(body, random);
    const response = await harness.runtime.handle(
      await signRequest(new Request(flow, { method: 'POST', body }), { keys }),
    );
    const { code } = (await response!.json()) as { code?: string };
    expect([200, 400]).toContain(response!.status);
    expect([undefined, 'DRIVE_REQUEST_INVALID']).toContain(code);
  }
  expect(({} as Record<string, unknown>).limit).toBeUndefined();
});

it(`${rounds} tokens that are not the one reach no run`, async () => {
  const random = randomOf(3);
  for (let i = 0; i < rounds; i += 1) {
    const token = mutated(hook, random);
    const url = `http://localhost/.well-known/workflow/v1/webhook/${token}`;
    const request = requestOf(url, { method: 'POST', body: 'x' });
    // A query or fragment behind the token, or white space that URLs drop, leaves it the one.
    if (!request || new URL(request.url).pathname.endsWith(`/${hook}`)) continue;
    const response = await harness.runtime.handle(request);
    expect([undefined, 404, 431]).toContain(response?.status);
  }
  const history = await harness.events(runId);
  expect(history.filter(({ eventType }) => eventType === 'hook_received')).toEqual([]);
  expect(harness.problems).toEqual([]);
});
