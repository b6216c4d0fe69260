import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLocalWorld } from '@perdure/world-local';
import { expect, test } from 'vitest';
import { call, directory } from './harness.ts';

const steps = `import { createHook } from 'perdure';
async function reserve(id: string) { 'use step'; return id + ' reserved'; }
async function pack(id: string) { 'use step'; return id + ' packed'; }
async function ship(id: string) { 'use step'; return id + ' shipped'; }
`;
const first = `${steps}
export async function order(id: string) {
  'use workflow';
  const reserved = await reserve(id);
  const { by } = await createHook<{ by: string }>({ token: 'approval of ' + id });
  return [reserved, await pack(id), by];
}
`;
const laterChanged = first.replace('await pack(id), by', 'await ship(id), by.toUpperCase()');
const renamed = first.replaceAll('reserve(id)', 'ship(id)');
const removed = first.replace('const reserved = await reserve(id);', "const reserved = '';");
const inserted = first.replace("'use workflow';", "'use workflow';\n  await ship(id);");
const swapped = removed.replace('return [', 'const late = await reserve(id);\n  return [late, ');
const gone = first.replaceAll('order(id', 'purchase(id');
const starter = `import { resumeHook, start } from 'perdure/api';
import { close } from 'perdure/runtime';
import { order } from './order.ts';
const [what, id] = process.argv.slice(2);
if (what === 'start') {
  const { runId } = await start(order, [id]);
  for (;;) {
    const { getHookByToken } = await import('perdure/api');
    if (await getHookByToken('approval of ' + id).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  console.log(runId);
} else {
  const { getRun } = await import('perdure/api');
  const { runId } = await resumeHook('approval of box', { by: 'Ada' });
  console.log(JSON.stringify(await getRun(runId).returnValue));
}
await close();
`;

const perdure = fileURLToPath(new URL('../../perdure', import.meta.url));

interface App {
  readonly cwd: string;
  readonly runId: string;
  /** Changes the source, as a deployment does. */
  deploy(source: string): void;
  /** Approves the order in a new process of the app, and gives what the run returned. */
  approve(): Promise<unknown>;
}

/** An app in processes of its own, whose run waits for approval. */
async function waitingApp(): Promise<App> {
  const cwd = directory({ 'start.ts': starter, 'package.json': '{"name":"shop","type":"module"}' });
  mkdirSync(join(cwd, 'node_modules'));
  symlinkSync(perdure, join(cwd, 'node_modules', 'perdure'));
  const deploy = (source: string): void => writeFileSync(join(cwd, 'order.ts'), source);
  const node = (...args: string[]): string =>
    execFileSync(process.execPath, ['--import', 'perdure/register', 'start.ts', ...args], {
      cwd,
      encoding: 'utf8',
    });
  deploy(first);
  const runId = node('start', 'box').trim();
  return { cwd, runId, deploy, approve: async () => JSON.parse(node('approve')) };
}

/** The command in this process, on the data of the app. */
function upgrade(app: App, ...flags: string[]): ReturnType<typeof call> {
  return call(['upgrade', app.runId, '--data-dir', '.workflow-data', ...flags], app.cwd);
}

async function typesOf(app: App): Promise<string[]> {
  const world = createLocalWorld({ dataDir: join(app.cwd, '.workflow-data') });
  const history = await world.runs.history(app.runId);
  await world.close();
  return history.map(({ eventType }) => eventType);
}

test('a run goes on with the code it started on, after the source has changed', async () => {
  const app = await waitingApp();
  app.deploy(laterChanged);
  expect(await app.approve()).toEqual(['box reserved', 'box packed', 'Ada']);
});

test('a run is moved to code that changes only what is yet to come, and goes on with it', async () => {
  const app = await waitingApp();
  app.deploy(laterChanged);
  const check = await upgrade(app, '--check');
  expect(check).toMatchObject({ code: 0, err: '' });
  expect(check.out).toContain(`Run ${app.runId} can be moved.`);
  expect(await typesOf(app)).not.toContain('run_resumed');
  const move = await upgrade(app, '--json');
  expect(move.code).toBe(0);
  const { from, to, ...rest } = JSON.parse(move.out);
  expect(rest).toEqual({ runId: app.runId, version: 6, outcome: 'moved' });
  expect(from).not.toBe(to);
  expect((await upgrade(app)).out).toContain('already');
  expect(await app.approve()).toEqual(['box reserved', 'box shipped', 'ADA']);
  expect((await typesOf(app)).filter((type) => type === 'run_resumed')).toHaveLength(1);
});

test('a run is moved back to a program that the world holds', async () => {
  const app = await waitingApp();
  app.deploy(laterChanged);
  const { from } = JSON.parse((await upgrade(app, '--json')).out);
  expect((await upgrade(app, '--program', from)).code).toBe(0);
  expect(await app.approve()).toEqual(['box reserved', 'box packed', 'Ada']);
});

const divergences = [
  {
    what: 'a step that has another name',
    source: renamed,
    recorded: 'order.ts:8:26\n               const reserved = await reserve(id);',
    asked: 'order.ts:8:26\n               const reserved = await ship(id);',
    likely: 'step ship was added before step reserve, or step reserve was renamed.',
  },
  {
    what: 'a step that was put before',
    source: inserted,
    recorded: 'order.ts:8:26\n               const reserved = await reserve(id);',
    asked: 'order.ts:8:9\n               await ship(id);',
    likely: 'step ship was added before step reserve, or step reserve was renamed.',
  },
  {
    what: 'a step that was removed',
    source: removed,
    recorded: 'order.ts:8:26\n               const reserved = await reserve(id);',
    asked: `order.ts:9:24\n               const { by } = await createHook<{ by: string }>({ token: 'approval of ' + id });`,
    likely:
      'hook "approval of box" comes later in the history: step reserve was removed, or the two changed places.',
  },
  {
    what: 'a step that changed places',
    source: swapped,
    recorded: 'order.ts:8:26',
    asked: 'order.ts:9:24',
    likely:
      'hook "approval of box" comes later in the history: step reserve was removed, or the two changed places.',
  },
];

test('code that asks for something else is refused with both places and the likely cause, and nothing changes', async () => {
  const app = await waitingApp();
  for (const { what, source, recorded, asked, likely } of divergences) {
    app.deploy(source);
    const { code, out } = await upgrade(app);
    expect(code, what).toBe(1);
    expect(out, what).toContain(`[DIVERGENCE] Run ${app.runId} does not fit: it diverges at version 3.`);
    expect(out, what).toMatch(/recorded +step_created step_\w+_0 step\/\/order\/\/reserve\n/);
    expect(out, what).toContain(recorded);
    expect(out, what).toContain(asked);
    expect(out, what).toContain(`likely       ${likely}`);
  }
  app.deploy(gone);
  const without = await upgrade(app);
  expect(without.code).toBe(1);
  expect(without.out).toContain('[WORKFLOW_NOT_REGISTERED]');
  const json = await upgrade(app, '--check', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ code: 'WORKFLOW_NOT_REGISTERED' });
  expect(await typesOf(app)).not.toContain('run_resumed');
  app.deploy(first);
  expect(await app.approve()).toEqual(['box reserved', 'box packed', 'Ada']);
  const over = await upgrade(app);
  expect(over.code).toBe(2);
  expect(over.err).toContain('[RUN_ENDED]');
});

test('what there is not is refused by name', async () => {
  const cwd = directory({ 'order.ts': first });
  const runId = 'wrun_01J0000000000000000000000A';
  expect((await call(['upgrade', runId], cwd)).err).toContain('[RUN_NOT_FOUND]');
  expect((await call(['upgrade', runId, '--program', 'beef'], cwd)).err).toContain('[PROGRAM_MISSING]');
  expect((await call(['upgrade', runId, '--root', 'nowhere'], cwd)).err).toContain('[DIRECTORY_MISSING]');
  expect((await call(['upgrade', runId], directory())).err).toContain('[WORKFLOW_MISSING]');
});
