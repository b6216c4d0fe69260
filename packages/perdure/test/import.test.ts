/** What importing the package does to a process, and how the process gets its world. */
import { expect, it } from 'vitest';
import { lastLine, makeApp } from './app.ts';

const look = `import { readdirSync } from 'node:fs';
const state = () => JSON.stringify([process.env, Object.getOwnPropertyNames(globalThis), process.eventNames().map(String), readdirSync('.'), process.cwd()]);
const before = state();
for (const subpath of ['', '/api', '/errors', '/serde', '/runtime', '/node', '/observability']) await import('perdure' + subpath);
const timers = process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|Immediate|Watch/.test(name));
console.log(JSON.stringify([state() === before, timers]));`;

it('importing changes nothing in the process, opens nothing and keeps it from nothing', async () => {
  const { stdout, stderr } = await makeApp({ 'look.ts': look }).node('look.ts');
  expect(stderr).toBe('');
  expect(lastLine(stdout)).toEqual([true, []]);
});

const worlds = `import { close, createRuntime, createWorld, getRuntime, getWorld, setWorld } from 'perdure/runtime';
const seen = [(await getWorld()).name, (await getWorld()) === (await getWorld())];
const local = await createWorld('local', { dataDir: 'data' });
setWorld(local);
const runtime = createRuntime({ world: local, worker: 'off', program: { code: '', hash: 'aa' } });
seen.push((await getWorld()).name, (await getRuntime()) === runtime, runtime.world === local);
const mine = await createWorld(new URL('./mine.ts', import.meta.url).href);
seen.push(mine.name);
for (const unknown of ['no-such-package', new URL('./none.ts', import.meta.url).href])
  seen.push(await createWorld(unknown).catch((error) => [error.code, error.hint !== '']));
await close();
seen.push(await local.runs.list({}).catch((error) => error.code));
console.log(JSON.stringify(seen));`;

it('the world of a process is what the environment names, or what was set', async () => {
  const mine = `import { createWorld as make } from 'perdure/runtime';
export const createWorld = async () => ({ ...(await make('memory')), name: 'mine' });`;
  const { stdout, stderr } = await makeApp({ 'worlds.ts': worlds, 'mine.ts': mine }).node('worlds.ts');
  expect(stderr).toBe('');
  const unknown = ['WORLD_UNKNOWN', true];
  expect(lastLine(stdout)).toEqual([
    'memory',
    true,
    'local',
    true,
    true,
    'mine',
    unknown,
    unknown,
    'WORLD_CLOSED',
  ]);
});
