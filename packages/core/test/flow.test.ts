import { createHmac, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { createMemoryWorld } from '@perdure/world-memory';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkServing, createRuntime, type ProgramSource, signRequest } from '../src/index.ts';
import { declareSteps, gate, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

const flow = 'http://localhost/.well-known/workflow/v1/flow';
const keys = [
  { id: 'new', secret: randomBytes(32) },
  { id: 'old', secret: randomBytes(32) },
];
const local = { peer: '127.0.0.1' };
let program: ProgramSource;
let harness: Harness;
let hold = gate();

beforeAll(async () => {
  declareSteps({ 'flow/work': async () => 'worked', 'flow/waits': async () => hold.promise });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    const work = step('flow/work'), offered = Object.assign(step('flow/work'), { offer: true }), waits = step('flow/waits');
    registerWorkflow('works', async () => work());
    registerWorkflow('offers', async () => [await offered(), await offered()]);
    registerWorkflow('waits', async () => waits());
  `);
});

afterEach(async () => {
  hold.open();
  hold = gate();
  vi.unstubAllEnvs();
  await harness?.close();
});

/** A process whose worker is off. */
function open(
  kind: 'development' | 'production' | '',
  options: Parameters<typeof startHarness>[1] = {},
): void {
  vi.stubEnv('NODE_ENV', kind);
  harness = startHarness(program, { worker: 'off', signing: keys, ...options });
}

const ask = async (request: Request, details = {}): Promise<[number, Record<string, unknown>]> => {
  const response = (await harness.runtime.handle(request, details))!;
  return [response.status, (await response.json()) as Record<string, unknown>];
};
const refused = (status: number, code: string): unknown => [status, { error: expect.any(String), code }];
const post = (body?: string): Request => new Request(flow, { method: 'POST', ...(body ? { body } : {}) });

describe('a signed request', () => {
  it('drives what is due, and tells how it stands', async () => {
    open('production');
    const runs = [];
    for (let i = 0; i < 3; i += 1) runs.push(await harness.runtime.start({ workflowId: 'works' }, []));
    const [status, answer] = await ask(await signRequest(post(), { keys }));
    expect(status).toBe(200);
    const driven = runs.map(({ runId }) => ({ runId, status: 'completed' }));
    expect(answer).toEqual({ runs: expect.arrayContaining(driven), more: false });
    expect(await runs[0]!.returnValue).toBe('worked');
    expect(await ask(await signRequest(post(), { keys }))).toEqual([200, { runs: [], more: false }]);
  });

  it('runs steps that are offered, to the end of their runs', async () => {
    open('production');
    const run = await harness.runtime.start({ workflowId: 'offers' }, []);
    const [, answer] = await ask(await signRequest(post(), { keys }));
    expect(answer).toEqual({ runs: [{ runId: run.runId, status: 'completed' }], more: false });
    expect(await run.returnValue).toEqual(['worked', 'worked']);
  });

  it('says that there may be more when it took as many offered steps as it may', async () => {
    open('production');
    const run = await harness.runtime.start({ workflowId: 'offers' }, []);
    for (const [answer, started] of [
      [{ runs: [{ runId: run.runId, status: 'running' }], more: true }, 1],
      [{ runs: [{ runId: run.runId, status: 'running' }], more: true }, 2],
      [{ runs: [{ runId: run.runId, status: 'completed' }], more: true }, 2],
    ] as const) {
      expect((await ask(await signRequest(post('{"limit":1}'), { keys })))[1]).toEqual(answer);
      const events = await harness.events(run.runId);
      expect(events.filter(({ eventType }) => eventType === 'step_started')).toHaveLength(started);
    }
  });

  it('takes at most as many runs as it says', async () => {
    open('production');
    for (let i = 0; i < 3; i += 1) await harness.runtime.start({ workflowId: 'works' }, []);
    const [, first] = await ask(await signRequest(post('{"limit":2}'), { keys }));
    expect(first).toMatchObject({ runs: [{ status: 'completed' }, { status: 'completed' }], more: true });
    const [, second] = await ask(await signRequest(post('{"limit":2}'), { keys }));
    expect(second).toMatchObject({ runs: [{ status: 'completed' }], more: false });
  });

  it('is answered when its time is over, and what was in flight is given back', async () => {
    open('production');
    const run = await harness.runtime.start({ workflowId: 'waits' }, []);
    const answer = ask(await signRequest(post('{"timeoutMs":1}'), { keys }));
    expect(await answer).toEqual([200, { runs: [{ runId: run.runId, status: 'running' }], more: true }]);
    hold.open();
    const [, later] = await ask(await signRequest(post(), { keys }));
    expect(later).toEqual({ runs: [{ runId: run.runId, status: 'completed' }], more: false });
  });

  it('may be signed by any key of the ring, and by no other', async () => {
    open('production');
    for (const key of keys) expect((await ask(await signRequest(post(), { keys: [key] })))[0]).toBe(200);
    const stolen = { id: 'new', secret: randomBytes(32) };
    for (const key of [stolen, { id: 'other', secret: keys[0]!.secret }]) {
      expect(await ask(await signRequest(post(), { keys: [key] }))).toEqual(
        refused(401, 'SIGNATURE_INVALID'),
      );
    }
  });

  it('passes once', async () => {
    open('production');
    const request = await signRequest(post(), { keys });
    expect((await ask(request.clone()))[0]).toBe(200);
    expect(await ask(request)).toEqual(refused(401, 'SIGNATURE_REPLAYED'));
  });

  it('passes for five minutes on either side of its time', async () => {
    const now = 1_800_000_000_000;
    open('production', { clock: () => now });
    for (const [offset, status] of [
      [-300_000, 200],
      [300_000, 200],
    ] as const) {
      const [got] = await ask(await signRequest(post(), { keys, now: now + offset }));
      expect(got).toBe(status);
    }
    for (const offset of [-300_001, 300_001]) {
      const request = await signRequest(post(), { keys, now: now + offset });
      expect(await ask(request)).toEqual(refused(401, 'SIGNATURE_EXPIRED'));
    }
  });

  it('is refused when method, path, query, body, time, nonce or key id is another than was signed', async () => {
    open('production');
    const request = await signRequest(post('{"limit":2}'), { keys });
    const header = request.headers.get('workflow-signature')!;
    const [version, id, time, nonce, mac] = header.split(' ') as [string, string, string, string, string];
    const body = '{"limit":2}';
    const forged: readonly (readonly [url: string, init: RequestInit])[] = [
      [flow, { method: 'GET', headers: { 'workflow-signature': header } }],
      [flow, { method: 'POST', body: '{"limit":3}', headers: { 'workflow-signature': header } }],
      [`${flow}?all`, { method: 'POST', body, headers: { 'workflow-signature': header } }],
      ...[
        [version, id, String(Number(time) + 1), nonce, mac],
        [version, id, time, nonce.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')), mac],
        [version, 'old', time, nonce, mac],
        [version, id, time, nonce, mac.replace(/^./, (c) => (c === '0' ? '1' : '0'))],
        ['v2', id, time, nonce, mac],
        [version, id, time, nonce],
        ['x'.repeat(10_000)],
        [''],
      ].map(
        (parts) =>
          [flow, { method: 'POST', body, headers: { 'workflow-signature': parts.join(' ') } }] as const,
      ),
    ];
    for (const [url, init] of forged)
      expect(await ask(new Request(url, init))).toEqual(refused(401, 'SIGNATURE_INVALID'));
    expect((await ask(request))[0]).toBe(200);
  });

  it('is an HMAC over what the documents say', async () => {
    const request = await signRequest(new Request(`${flow}?a=b`), { keys, now: 1_800_000_000_000 });
    const [version, id, time, nonce, mac] = request.headers.get('workflow-signature')!.split(' ');
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const path = '/.well-known/workflow/v1/flow?a=b';
    const text = ['perdure request v1', 'new', 'GET', path, '1800000000000', nonce, empty].join('\n');
    expect([version, id, time, mac]).toEqual([
      'v1',
      'new',
      '1800000000000',
      createHmac('sha256', keys[0]!.secret).update(text).digest('hex'),
    ]);
  });

  it('that asks for what there is not is refused', async () => {
    open('production');
    for (const body of [
      '{',
      '[]',
      'null',
      '{"limit":0}',
      '{"limit":257}',
      '{"limit":"2"}',
      '{"other":1}',
      '{"__proto__":1}',
    ]) {
      expect(await ask(await signRequest(post(body), { keys }))).toEqual(
        refused(400, 'DRIVE_REQUEST_INVALID'),
      );
    }
    const large = await signRequest(post('x'.repeat(5_000)), { keys });
    expect(await ask(large)).toEqual(refused(413, 'BODY_TOO_LARGE'));
    const other = await signRequest(new Request(flow, { method: 'DELETE' }), { keys });
    expect((await harness.runtime.handle(other))!.status).toBe(405);
  });

  it('is answered when the process closes meanwhile, and what was in flight is given back', async () => {
    open('production');
    const run = await harness.runtime.start({ workflowId: 'waits' }, []);
    const answer = ask(await signRequest(post(), { keys }));
    await until(async () => (await harness.world.runs.get(run.runId))!.status === 'running');
    await harness.runtime.close({ graceMs: 0 });
    expect(await answer).toEqual([200, { runs: [{ runId: run.runId, status: 'running' }], more: true }]);
    const { claimed } = await harness.world.runs.claim({ worker: 'other', leaseMs: 1_000, limit: 5 });
    expect(claimed.map(({ claim }) => claim.runId)).toEqual([run.runId]);
  });

  it('drives only what this process has loaded, where its worker is told so', async () => {
    open('production', { worker: 'registered' });
    const run = await harness.runtime.start({ workflowId: 'works' }, [], { runAt: Date.now() + 1 });
    await until(async () => {
      const { nextWakeAt } = await harness.world.runs.claim({
        worker: 'x',
        leaseMs: 1,
        limit: 1,
        workflowNames: [],
      });
      return nextWakeAt === null || nextWakeAt <= Date.now();
    });
    expect(await ask(await signRequest(post(), { keys }))).toEqual([200, { runs: [], more: false }]);
    expect((await harness.world.runs.get(run.runId))!.status).toBe('pending');
  });

  it('waits for its turn when too many drive', async () => {
    open('production');
    for (let i = 0; i < 5; i += 1) await harness.runtime.start({ workflowId: 'waits' }, []);
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(ask(await signRequest(post('{"limit":1}'), { keys })));
    await until(async () => {
      const { runs } = await harness.world.runs.list();
      return runs.filter(({ status }) => status === 'running').length === 4;
    });
    expect(await ask(await signRequest(post(), { keys }))).toEqual(refused(429, 'DRIVES_TOO_MANY'));
    hold.open();
    for (const answer of answers) expect((await answer)[0]).toBe(200);
  });
});

describe('an unsigned request', () => {
  it('is refused in production, wherever it comes from', async () => {
    open('production');
    expect(await ask(post(), local)).toEqual(refused(401, 'SIGNATURE_MISSING'));
    expect(await ask(new Request(flow), local)).toEqual(refused(401, 'SIGNATURE_MISSING'));
  });

  it('is refused where nobody said what kind of process it is', async () => {
    open('');
    expect(await ask(post(), local)).toEqual(refused(401, 'SIGNATURE_MISSING'));
  });

  it('passes in development, from this machine', async () => {
    open('development', { signing: [] });
    for (const peer of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
      expect((await ask(post(), { peer }))[0]).toBe(200);
    expect((await ask(new Request(flow.replace('localhost', '[::1]:3000')), local))[0]).toBe(200);
  });

  const elsewhere: Record<string, readonly [request: Request, peer: string | undefined]> = {
    'another machine': [post(), '10.0.0.7'],
    'a peer that is not known': [post(), undefined],
    'a peer that only looks local': [post(), '127.0.0.1.example.org'],
    'another host name': [new Request(flow.replace('localhost', 'rebound.example.org')), '127.0.0.1'],
    'a proxy': [new Request(flow, { headers: { 'x-forwarded-for': '10.0.0.7' } }), '127.0.0.1'],
    'a page in a browser': [new Request(flow, { headers: { origin: 'https://example.org' } }), '127.0.0.1'],
  };
  it.each(Object.entries(elsewhere))('is refused in development, from %s', async (_what, [request, peer]) => {
    open('development');
    expect(await ask(request.clone(), { peer })).toEqual(refused(401, 'SIGNATURE_MISSING'));
  });
});

describe('a process without keys', () => {
  it('does not start to serve in production', () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(() => checkServing(undefined)).toThrow(expect.objectContaining({ code: 'SIGNING_KEYS_MISSING' }));
    vi.stubEnv('WORKFLOW_SIGNING_KEYS', `k:${randomBytes(32).toString('base64')}`);
    expect(() => checkServing(undefined)).not.toThrow();
    vi.stubEnv('WORKFLOW_SIGNING_KEYS', 'k:short');
    expect(() => checkServing(undefined)).toThrow(expect.objectContaining({ code: 'KEYS_INVALID' }));
  });

  it('is told of keys that are none, or twice there', () => {
    const secret = randomBytes(32);
    for (const signing of [
      [{ id: 'no id', secret }],
      [{ id: 'k', secret: randomBytes(16) }],
      [
        { id: 'k', secret },
        { id: 'k', secret: randomBytes(32) },
      ],
    ]) {
      expect(() => open('production', { signing })).toThrow(
        expect.objectContaining({ code: 'KEYS_INVALID' }),
      );
    }
  });

  it('does not show them', async () => {
    open('production');
    expect(inspect(harness.runtime, { depth: 10, showHidden: true })).not.toContain(inspect(keys[0]!.secret));
    expect(inspect(harness.runtime, { depth: 10 })).not.toMatch(/secret/);
  });

  it('lets nobody in who found a way around that', async () => {
    open('production', { signing: [] });
    expect(await ask(post(), local)).toEqual(refused(503, 'SIGNING_KEYS_MISSING'));
    await expect(signRequest(post(), { keys: [] })).rejects.toMatchObject({ code: 'SIGNING_KEYS_MISSING' });
  });

  it('does not show its keys to workflow code', async () => {
    vi.stubEnv('WORKFLOW_SIGNING_KEYS', `k:${keys[0]!.secret.toString('base64')}`);
    const source = `import { registerWorkflow } from 'perdure:guest';
      registerWorkflow('env', async () => Object.keys(process.env).filter((name) => name.startsWith('WORKFLOW_')));`;
    harness = startHarness(await buildProgram(source));
    expect(await harness.run('env')).toEqual([]);
  });
});

describe('health', () => {
  it('tells of the world, the worker and the program', async () => {
    open('production');
    const health = {
      healthy: true,
      world: { name: 'memory', state: 'reachable' },
      worker: { mode: 'off', state: 'off', runs: 0 },
      program: { state: 'present', hash: program.hash },
    };
    expect(await harness.runtime.health()).toEqual(health);
    expect(await ask(await signRequest(new Request(flow), { keys }))).toEqual([200, health]);
  });

  it('counts the runs that are driven', async () => {
    open('production', { worker: 'on' });
    await harness.runtime.start({ workflowId: 'waits' }, []);
    expect((await harness.runtime.health()).worker).toEqual({ mode: 'on', state: 'running', runs: 1 });
  });

  it('is none with a world that does not answer, and does not say why', async () => {
    const world = createMemoryWorld();
    open('production', { world });
    await world.close();
    const [status, health] = await ask(await signRequest(new Request(flow), { keys }));
    expect([status, health.healthy, health.world]).toEqual([
      503,
      false,
      { name: 'memory', state: 'unreachable' },
    ]);
  });

  it('is none without a program, with a broken one, and after the end', async () => {
    const world = createMemoryWorld();
    const broken = createRuntime({
      world,
      worker: 'off',
      program: () => Promise.reject(new Error('/secret/path')),
    });
    expect(await broken.health()).toMatchObject({ healthy: false, program: { state: 'broken' } });
    await broken.close();
    expect(await broken.health()).toMatchObject({ healthy: false, worker: { state: 'closed' } });
    const absent = createRuntime({ world, worker: 'off' });
    expect(await absent.health()).toMatchObject({ healthy: false, program: { state: 'absent' } });
    await absent.close();
  });
});

describe('nonces', () => {
  it('are remembered in bounded memory, and when it is full nobody passes', async () => {
    let now = 1_800_000_000_000;
    open('production', { clock: () => now });
    const sign = (): Promise<Request> => signRequest(new Request(flow), { keys, now });
    const { SignatureGuard } = await import('../src/request-signature.ts');
    const guard = new SignatureGuard(keys, () => now);
    const check = async (): Promise<string | undefined> =>
      (await guard.refusalOf(await sign(), async () => new Uint8Array()))?.code;
    for (let i = 0; i < 20_000; i += 1) if (await check()) throw new Error(`refused number ${i}`);
    expect(await check()).toBe('SIGNATURE_CROWDED');
    now += 300_001;
    expect(await check()).toBeUndefined();
  });
});
