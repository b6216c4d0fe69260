/** What importing the package does to a process, and how the process gets its world. zod keeps two globals of its own. */
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { lastLine, makeApp, runsWorkflow } from './app.ts';

const look = `import { readdirSync } from 'node:fs';
const globals = () => Object.getOwnPropertyNames(globalThis).filter((name) => !name.startsWith('__zod'));
const state = () => JSON.stringify([process.env, globals(), process.eventNames().map(String), readdirSync('.'), process.cwd()]);
const before = state();
for (const subpath of ['', '/api', '/errors', '/serde', '/runtime', '/node', '/observability']) await import('perdure' + subpath);
const timers = process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|Immediate|Watch/.test(name));
console.log(JSON.stringify([state() === before, timers]));`;

it('importing changes nothing in the process, opens nothing and keeps it from nothing', async () => {
  const { stdout, stderr } = await makeApp({ 'look.ts': look }).node('look.ts');
  expect(stderr).toBe('');
  expect(lastLine(stdout)).toEqual([true, []]);
});

const worlds = `import { start } from 'perdure/api';
import { close, createRuntime, createWorld, getRuntime, getWorld, setWorld } from 'perdure/runtime';
const seen = [(await getWorld()).name, (await getWorld()) === (await getWorld())];
const local = await createWorld('local', { dataDir: 'data' });
setWorld(local);
const runtime = createRuntime({ world: local, worker: 'off', program: { code: '', hash: 'aa' } });
seen.push((await getWorld()).name, (await getRuntime()) === runtime, runtime.world === local);
const elsewhere = await createWorld('memory');
createRuntime({ world: elsewhere, worker: 'off', program: { code: '', hash: 'bb' } });
const { runId } = await start({ workflowId: 'any' }, [], { world: elsewhere });
seen.push((await elsewhere.runs.get(runId)).status, (await local.runs.get(runId)) === undefined);
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
    'pending',
    true,
    'mine',
    unknown,
    unknown,
    'WORLD_CLOSED',
  ]);
});

it('compiling and running an app writes nothing beside its sources', async () => {
  const files = {
    'main.ts': runsWorkflow('flow.ts'),
    'flow.ts': `async function step() { 'use step'; return 1; }
export async function main() { 'use workflow'; return await step(); }`,
  };
  const app = makeApp(files);
  const listed = (): string[] => readdirSync(app.root, { recursive: false }).map(String).sort();
  const before = listed();
  const { stdout } = await app.node('--import', 'perdure/register', 'main.ts');
  expect(lastLine(stdout)).toEqual({ result: 1 });
  expect(listed()).toEqual(before);
});
