/** The world that the environment names: where its module is found, and what is said when it does not open. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ask } from '@workbench/postgres/database.ts';
import { startLockedPostgres } from '@workbench/postgres/locked-server.ts';
import { testServer } from '@workbench/postgres/test-server.ts';
import { expect, it, onTestFinished } from 'vitest';
import { type App, lastLine, makeApp } from './app.ts';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a file of an app with these variables only, apart from what every process has. */
async function started(app: App, file: string, variables: Record<string, string>): Promise<Ended> {
  const own = Object.entries(process.env).filter(([name]) => !/^(WORKFLOW_|DATABASE_URL)/.test(name));
  const env = { ...Object.fromEntries(own), NODE_ENV: '', ...variables };
  const run = promisify(execFile)(process.execPath, [file], { cwd: app.root, env });
  return run.then(
    (done) => ({ code: 0, ...done }),
    ({ code, stdout, stderr }: Ended) => ({ code, stdout, stderr }),
  );
}

const mine = `import { createWorld as make } from 'perdure/runtime';
export const createWorld = async (options) => ({ ...(await make('memory')), name: 'mine to ' + options.purpose });`;
const tells = `import { getWorld } from 'perdure/runtime';
console.log(JSON.stringify(await getWorld().then(({ name }) => name, ({ code, message, hint }) => ({ code, message, hint }))));`;

it('is a package that only the app has, under the names that it exports to imports', async () => {
  const app = makeApp({
    'tells.ts': tells,
    'node_modules/@shop/world/package.json':
      '{ "name": "@shop/world", "type": "module", "exports": { "./durable": { "import": "./mine.js" } } }',
    'node_modules/@shop/world/mine.js': mine,
  });
  const { stdout, stderr } = await started(app, 'tells.ts', { WORKFLOW_TARGET_WORLD: '@shop/world/durable' });
  expect([lastLine(stdout), stderr]).toEqual(['mine to drive', '']);
});

it('is a module whose path is relative to where the app runs', async () => {
  const app = makeApp({ 'worlds/mine.mjs': mine, 'tells.ts': tells });
  const { stdout, stderr } = await started(app, 'tells.ts', { WORKFLOW_TARGET_WORLD: './worlds/mine.mjs' });
  expect([lastLine(stdout), stderr]).toEqual(['mine to drive', '']);
});

it('is told from a module that is there and does not load', async () => {
  const app = makeApp({ 'mine.mjs': `import 'no-such-library';`, 'tells.ts': tells });
  const tell = async (name: string): Promise<unknown> =>
    lastLine((await started(app, 'tells.ts', { WORKFLOW_TARGET_WORLD: name })).stdout);
  expect(await tell('./mine.mjs')).toMatchObject({
    code: 'WORLD_UNKNOWN',
    message: expect.stringContaining('no-such-library'),
    hint: expect.stringContaining('install what it imports'),
  });
  expect(await tell('./none.mjs')).toMatchObject({
    code: 'WORLD_UNKNOWN',
    message: expect.stringMatching(/there is no file:.*none\.mjs/),
  });
  expect(await tell('no-such-world')).toMatchObject({
    code: 'WORLD_UNKNOWN',
    message: expect.stringContaining(app.root),
    hint: expect.stringContaining('createWorld()'),
  });
});

it('says how to install the world of Postgres where it is not', async () => {
  const app = makeApp({ 'tells.ts': tells });
  // The package as it is installed without its optional peer.
  const alone = app.path('alone/perdure');
  for (const name of ['src', 'package.json'])
    cpSync(join(packageRoot, name), join(alone, name), { recursive: true });
  mkdirSync(join(alone, 'node_modules/@perdure'), { recursive: true });
  const siblings = join(packageRoot, 'node_modules/@perdure');
  for (const name of readdirSync(siblings).filter((one) => one !== 'world-postgres'))
    symlinkSync(realpathSync(join(siblings, name)), join(alone, 'node_modules/@perdure', name));
  rmSync(app.path('node_modules/perdure'));
  symlinkSync(alone, app.path('node_modules/perdure'));
  const postgres = { WORKFLOW_TARGET_WORLD: 'postgres', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
  const { stdout } = await started(app, 'tells.ts', postgres);
  expect(lastLine(stdout)).toMatchObject({
    code: 'WORLD_UNKNOWN',
    message: expect.stringContaining('@perdure/world-postgres'),
    hint: expect.stringContaining('npm i @perdure/world-postgres'),
  });
  // Installed in the app alone, it is found.
  const own = join(siblings, 'world-postgres');
  mkdirSync(dirname(app.path('node_modules/@perdure/x')), { recursive: true });
  symlinkSync(realpathSync(own), app.path(`node_modules/@perdure/${basename(own)}`));
  expect(lastLine((await started(app, 'tells.ts', { ...postgres, DATABASE_URL: '' })).stdout)).toMatchObject({
    code: 'STORE_UNCONFIGURED',
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What each way of not opening is called, with the variables that lead there. */
async function refusals(): Promise<Record<string, Record<string, string>>> {
  const locked = await startLockedPostgres();
  onTestFinished(() => locked.server.close());
  const { url } = await testServer();
  return {
    STORE_UNCONFIGURED: {},
    STORE_UNREACHABLE: { DATABASE_URL: `postgres://shop:wrong@127.0.0.1:${await freePort()}/none` },
    STORE_REFUSED: { DATABASE_URL: locked.urlWith('wrong') },
    SCHEMA_OLD: {
      WORKFLOW_POSTGRES_URL: url,
      WORKFLOW_POSTGRES_SCHEMA: 'never_made',
      WORKFLOW_POSTGRES_MIGRATIONS: 'check',
    },
  };
}

const server = `import { createServer } from 'node:http';
import { getRuntime } from 'perdure/runtime';
await getRuntime();
createServer().listen(0, '127.0.0.1', () => console.log('listening'));`;

it('that cannot be opened is one clear error of getWorld(), and a server does not start on it', async () => {
  const app = makeApp({ 'tells.ts': tells, 'server.ts': server });
  const cases = Object.entries(await refusals());
  for (const [code, variables] of [
    ...cases,
    ['WORLD_UNKNOWN', { WORKFLOW_TARGET_WORLD: 'postgrse' }],
  ] as const) {
    const env = { WORKFLOW_TARGET_WORLD: 'postgres', ...variables };
    const [told, served] = await Promise.all([started(app, 'tells.ts', env), started(app, 'server.ts', env)]);
    expect(told.stderr, code).toBe('');
    expect(lastLine(told.stdout)).toEqual({
      code,
      message: expect.stringMatching(/^Expected [^\n]+\.$/),
      hint: expect.stringMatching(/./),
    });
    expect(served).toMatchObject({ code: 1, stdout: '' });
    expect(served.stderr).toContain(`code: '${code}'`);
    expect(told.stdout + served.stderr, code).not.toMatch(/shop:|wrong/);
  }
});

it('that did not open is opened by the next who asks, when it can be', async () => {
  const { url } = await testServer();
  const schema = 'opened_later';
  onTestFinished(async () => void (await ask(url, `DROP SCHEMA IF EXISTS ${schema} CASCADE`)));
  const app = makeApp({
    'later.ts': `import { close, getWorld } from 'perdure/runtime';
const { url } = process.env;
const seen = [await getWorld().catch(({ code }) => code)];
process.env.WORKFLOW_POSTGRES_URL = url;
seen.push(...(await Promise.all([getWorld(), getWorld()])).map(({ name }) => name));
await close();
console.log(JSON.stringify(seen));`,
  });
  const { stdout, stderr } = await started(app, 'later.ts', {
    WORKFLOW_TARGET_WORLD: 'postgres',
    WORKFLOW_POSTGRES_SCHEMA: schema,
    url,
  });
  expect([lastLine(stdout), stderr]).toEqual([['STORE_UNCONFIGURED', 'postgres', 'postgres'], '']);
});
