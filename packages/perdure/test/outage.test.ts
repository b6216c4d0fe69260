/** The database goes away under a worker, for longer than a statement is tried again. */
import { spawn } from 'node:child_process';
import { realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '@workbench/postgres/server.ts';
import { expect, it, onTestFinished } from 'vitest';
import { makeApp } from './app.ts';

const files = {
  'flow.ts': `import { existsSync } from 'node:fs';
import { getStepMetadata } from 'perdure';
async function work() {
  'use step';
  console.log('in the step');
  while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 5));
  console.log('done with the step');
  return getStepMetadata().attempt;
}
async function more(attempt: number) { 'use step'; return [attempt, getStepMetadata().attempt]; }
export async function flow() { 'use workflow'; return more(await work()); }`,
  'main.ts': `import { createPostgresWorld } from '@perdure/world-postgres';
import { start } from 'perdure/api';
import { close, setWorld } from 'perdure/runtime';
import { flow } from './flow.ts';
setWorld(createPostgresWorld({ connectionString: process.argv[2], retryMs: 100 }));
const run = await start(flow, []);
console.log(JSON.stringify(await run.returnValue));
await close();`,
};

it('what ends meanwhile is recorded when it is back, nothing runs twice, and the worker goes on by itself', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.close());
  const app = makeApp({ ...files, 'node_modules/@perdure/.keep': '' });
  const world = fileURLToPath(new URL('../node_modules/@perdure/world-postgres', import.meta.url));
  symlinkSync(realpathSync(world), join(app.root, 'node_modules/@perdure/world-postgres'));
  const child = spawn(process.execPath, ['--import', 'perdure/register', 'main.ts', server.url], {
    cwd: app.root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let told = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const heard = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (told.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      void ended.then(() => reject(new Error(`Expected ${text}, got ${told}`)));
      look();
    });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      told += chunk;
    });
  await heard('in the step');
  await server.stop('immediate');
  writeFileSync(join(app.root, 'go'), '');
  await heard('done with the step');
  await heard('tries again: WorldError');
  expect(told).toContain(`code: 'STORE_UNREACHABLE'`);
  await server.start();
  expect(await ended).toBe(0);
  expect(told).toContain('[1,1]');
  expect(told.split('in the step')).toHaveLength(2);
});
