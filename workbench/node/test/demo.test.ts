import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { startOrderServer } from '../src/order-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'perdure-demo-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('the demo survives two SIGKILLs and says so', async () => {
  const script = fileURLToPath(new URL('../src/demo.ts', import.meta.url));
  const dataDir = join(directory, 'demo');
  const child = spawn(process.execPath, [script], { env: { ...process.env, DEMO_DATA_DIR: dataDir } });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, output }).toMatchObject({
    code: 0,
    output: expect.stringContaining('Every step completed exactly once'),
  });
  expect(output.match(/Killed it with SIGKILL/g)).toHaveLength(2);
  expect(readdirSync(join(dataDir, 'runs/ended'))).toHaveLength(1);
  expect(readdirSync(join(dataDir, 'runs/active'))).toEqual([]);
});

it('the server refuses bad input with a reason and goes on', async () => {
  const server = await startOrderServer(join(directory, 'server'));
  const ask = async (path: string, init?: RequestInit): Promise<[number, string]> => {
    const response = await fetch(server.url + path, init);
    return [response.status, JSON.stringify(await response.json())];
  };
  expect(await ask('/orders', { method: 'POST', body: '{' })).toEqual([400, expect.stringMatching(/JSON/)]);
  expect(await ask('/orders', { method: 'POST', body: '{"id":1}' })).toEqual([
    400,
    expect.stringMatching(/Expected/),
  ]);
  expect(await ask('/orders/wrun_unknown')).toEqual([404, expect.stringMatching(/wrun_unknown/)]);
  expect(await ask('/approvals/none', { method: 'POST', body: '{}' })).toEqual([
    404,
    expect.stringMatching(/live hook/),
  ]);
  expect(await ask('/elsewhere')).toEqual([404, expect.stringMatching(/Expected/)]);
  expect(await ask('/orders', { method: 'POST', body: 'x'.repeat(70_000) })).toEqual([
    400,
    expect.stringMatching(/at most/),
  ]);
  await server.stop();
});
