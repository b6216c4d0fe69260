/** The flow route of a real server, signed and not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signingKeys } from '@workbench/e2e/apps.ts';
import { type ServerProcess, startServer } from '@workbench/e2e/server-process.ts';
import { createHandler } from 'perdure/api';
import { createRuntime, createWorld, healthCheck, parseKeys, signRequest } from 'perdure/runtime';
import { afterAll, afterEach, expect, it, vi } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'perdure-flow-'));
const keys = parseKeys(signingKeys);
const path = '/.well-known/workflow/v1/flow';
const started: ServerProcess[] = [];
let directories = 0;

async function start(env: Record<string, string>): Promise<ServerProcess> {
  directories += 1;
  const server = await startServer({
    directory: fileURLToPath(new URL('..', import.meta.url)),
    args: ['--import', 'perdure/register', 'src/server.ts'],
    env: {
      WORKFLOW_LOCAL_DATA_DIR: join(root, String(directories)),
      WORKFLOW_SIGNING_KEYS: '',
      ...env,
    },
  });
  started.push(server);
  return server;
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.kill();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('a poke drives the runs of a process whose worker is off', async () => {
  const server = await start({
    NODE_ENV: 'production',
    WORKFLOW_SIGNING_KEYS: signingKeys,
    WORKFLOW_WORKER: 'off',
  });
  const order = { id: 'one', items: ['lamp'] };
  const posted = await fetch(`${server.url}/orders`, { method: 'POST', body: JSON.stringify(order) });
  const { runId } = (await posted.json()) as { runId: string };
  const poke = async (): Promise<unknown> => {
    const response = await fetch(
      await signRequest(new Request(server.url + path, { method: 'POST' }), { keys }),
    );
    return [response.status, await response.json()];
  };
  expect(await poke()).toEqual([200, { runs: [{ runId, status: 'running' }], more: false }]);
  expect(await poke()).toEqual([200, { runs: [], more: false }]);
  const health = await healthCheck({ url: server.url, keys });
  expect(health).toMatchObject({ healthy: true, worker: { mode: 'off', state: 'off', runs: 0 } });
});

it('in production nobody passes without a signature, and nobody is told anything', async () => {
  const server = await start({ NODE_ENV: 'production', WORKFLOW_SIGNING_KEYS: signingKeys });
  for (const method of ['GET', 'POST']) {
    const response = await fetch(server.url + path, { method });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: expect.any(String), code: 'SIGNATURE_MISSING' });
  }
  const other = [{ id: keys[0]!.id, secret: new Uint8Array(32) }];
  await expect(healthCheck({ url: server.url, keys: other })).rejects.toMatchObject({
    code: 'HEALTH_UNKNOWN',
    message: expect.stringContaining('401 SIGNATURE_INVALID'),
  });
});

it('in production the server does not start without a key', async () => {
  await expect(start({ NODE_ENV: 'production' })).rejects.toThrow('SIGNING_KEYS_MISSING');
});

it('in development this machine needs no signature, unless a proxy or a browser asks', async () => {
  const server = await start({ NODE_ENV: 'development' });
  expect(await healthCheck({ url: server.url })).toMatchObject({ healthy: true });
  for (const headers of [{ 'x-forwarded-for': '10.0.0.1' }, { origin: 'https://example.org' }]) {
    const response = await fetch(server.url + path, { method: 'POST', headers });
    expect(response.status).toBe(401);
  }
});

it('a handler without the flow route needs no key, and leaves that path to the app', async () => {
  const world = await createWorld('memory');
  const runtime = createRuntime({ world, worker: 'off', signing: [] });
  vi.stubEnv('NODE_ENV', 'production');
  try {
    expect(() => createHandler({ runtime })).toThrow(
      expect.objectContaining({ code: 'SIGNING_KEYS_MISSING' }),
    );
    const handle = createHandler({ flow: 'off', runtime });
    expect(await handle(new Request(`http://localhost${path}`))).toBeUndefined();
    expect(await handle(new Request('http://localhost/elsewhere'))).toBeUndefined();
    const webhook = await handle(
      new Request(`http://localhost${path.replace('v1/flow', 'v1/webhook/none')}`),
    );
    expect(webhook?.status).toBe(404);
  } finally {
    vi.unstubAllEnvs();
    await runtime.close();
    await world.close();
  }
});

it('where nobody answers the health is unknown', async () => {
  const server = await start({ NODE_ENV: 'development' });
  await server.kill();
  await expect(healthCheck({ url: server.url })).rejects.toMatchObject({ code: 'HEALTH_UNKNOWN' });
});
