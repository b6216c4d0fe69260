/** The commands on a world in Postgres, as an operator types them. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { createPostgresWorld, type PostgresWorld } from '@perdure/world-postgres';
import { ask } from '@workbench/postgres/database.ts';
import { startLockedPostgres } from '@workbench/postgres/locked-server.ts';
import { testServer } from '@workbench/postgres/test-server.ts';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { bin, directory, lastLine, type Result } from './harness.ts';
import { completed, failed, storeIn } from './histories.ts';

let variables: Record<string, string>;
let schema: string;
let url: string;

beforeEach(async () => {
  ({ url } = await testServer());
  schema = `cli_${randomBytes(6).toString('hex')}`;
  variables = {
    WORKFLOW_TARGET_WORLD: 'postgres',
    WORKFLOW_POSTGRES_URL: url,
    WORKFLOW_POSTGRES_SCHEMA: schema,
    WORKFLOW_POSTGRES_MIGRATIONS: '',
  };
  onTestFinished(async () => void (await ask(url, `DROP SCHEMA IF EXISTS ${schema} CASCADE`)));
});

const perdure = (...argv: string[]): Promise<Result> => bin(argv, directory(), variables);

async function isThere(): Promise<boolean> {
  return (await ask(url, 'SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])).length > 0;
}

describe('perdure migrate', () => {
  test('brings the schema up to date, names what it applied, and does nothing the second time', async () => {
    variables.WORKFLOW_POSTGRES_MIGRATIONS = 'check';
    expect(await perdure('migrate')).toEqual({ code: 0, out: 'Applied 0001_store.\n', err: '' });
    expect(await perdure('migrate')).toEqual({ code: 0, out: 'The schema is up to date.\n', err: '' });
    expect(JSON.parse((await perdure('migrate', '--json')).out)).toEqual({ applied: [] });
  });

  test('--check says what is missing with exit code 1, and makes nothing', async () => {
    expect(await perdure('migrate', '--check')).toEqual({ code: 1, out: 'Missing 0001_store.\n', err: '' });
    const told = await perdure('migrate', '--check', '--json');
    expect({ code: told.code, out: JSON.parse(told.out) }).toEqual({
      code: 1,
      out: { missing: ['0001_store'] },
    });
    expect(await isThere()).toBe(false);
    await perdure('migrate');
    expect(await perdure('migrate', '--check')).toMatchObject({
      code: 0,
      out: 'The schema is up to date.\n',
    });
  });

  test('--print writes SQL that does the same, without a database', async () => {
    variables.WORKFLOW_POSTGRES_URL = 'postgres://nobody@127.0.0.1:1/none';
    const { code, out, err } = await perdure('migrate', '--print');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(await isThere()).toBe(false);
    await ask(url, out);
    await ask(url, out);
    variables.WORKFLOW_POSTGRES_URL = url;
    expect(await perdure('migrate', '--check')).toMatchObject({ code: 0 });
  });
});

describe('perdure prune', () => {
  let world: PostgresWorld;

  beforeEach(async () => {
    world = createPostgresWorld({ connectionString: url, schema });
    onTestFinished(() => world.close());
    for (let i = 0; i < 5; i += 1) await storeIn(world, `wrun_old_${i}`, { drafts: completed, from: 1_000 });
    await storeIn(world, 'wrun_failed', { drafts: failed, from: 1_000 });
    await storeIn(world, 'wrun_live', { drafts: [['run_started', {}]], from: 1_000 });
    await storeIn(world, 'wrun_new', { drafts: completed, from: Date.now() });
  });

  const left = async (): Promise<string[]> => (await world.runs.list()).runs.map(({ runId }) => runId).sort();

  test('removes what ended long ago in batches, tells how it goes, and leaves the rest', async () => {
    const { code, out, err } = await perdure(
      'prune',
      '--older-than',
      '1d',
      '--status',
      'completed',
      '--batch',
      '2',
    );
    expect({ code, out }).toEqual({ code: 0, out: 'Removed 5 runs.\n' });
    expect(err).toBe('Removed 2 so far.\nRemoved 4 so far.\nRemoved 5 so far.\n');
    expect(await left()).toEqual(['wrun_failed', 'wrun_live', 'wrun_new']);
    expect(
      await ask(url, `SELECT DISTINCT run_id FROM ${schema}.events WHERE run_id LIKE 'wrun_old%'`),
    ).toEqual([]);
  });

  test('takes every run that has ended where no state is named', async () => {
    const { out } = await perdure('prune', '--older-than', '1d', '--json');
    expect(JSON.parse(out)).toEqual({ removed: 6 });
    expect(await left()).toEqual(['wrun_live', 'wrun_new']);
  });
});

test('commands that look find the runs of the schema, and never make one', async () => {
  for (const argv of [
    ['inspect', 'runs'],
    ['why', 'wrun_1'],
    ['prune', '--older-than', '1d'],
  ]) {
    const { code, out, err } = await perdure(...argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^perdure: \[SCHEMA_OLD\] [^\n]*perdure migrate[^\n]*\n$/);
  }
  expect(await isThere()).toBe(false);
  const world = createPostgresWorld({ connectionString: url, schema });
  onTestFinished(() => world.close());
  await storeIn(world, 'wrun_1', { drafts: completed, from: 1_000 });
  expect((await perdure('inspect', 'runs')).out).toMatch(/wrun_1 +completed/);
  expect((await perdure('inspect', 'events', 'wrun_1')).out).toContain('run_completed');
});

test('perdure run makes the schema, runs the workflow in it, and ends', async () => {
  const cwd = directory({
    'add.ts': `async function add(a: number, b: number) { 'use step'; return a + b; }
export async function sum(a: number) { 'use workflow'; return add(a, 1); }`,
  });
  const { code, out } = await bin(['run', 'add.ts', '--args', '[2]', '--json'], cwd, variables);
  expect({ code, last: JSON.parse(lastLine(out)) }).toMatchObject({
    code: 0,
    last: { status: 'completed', returnValue: 3 },
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a world that does not open', () => {
  const commands = [
    ['inspect', 'runs'],
    ['migrate'],
    ['prune', '--older-than', '1d'],
    ['run', 'flow.ts#flow'],
  ];

  async function expectRefusal(code: string, given: Record<string, string>): Promise<void> {
    Object.assign(variables, given);
    const cwd = directory({ 'flow.ts': `export async function flow() { 'use workflow'; }` });
    const results = await Promise.all(commands.map((argv) => bin(argv, cwd, variables)));
    for (const { code: exit, out, err } of results) {
      expect({ exit, out }).toEqual({ exit: 2, out: '' });
      expect(err).toMatch(new RegExp(`^perdure: \\[${code}\\] Expected [^\\n]+\\n$`));
      expect(err).not.toMatch(/shop:|wrong/);
    }
  }

  test('without an address is told in one line by every command', () =>
    expectRefusal('STORE_UNCONFIGURED', { WORKFLOW_POSTGRES_URL: '', DATABASE_URL: '' }));

  test('that nobody serves is told in one line by every command', async () =>
    expectRefusal('STORE_UNREACHABLE', {
      WORKFLOW_POSTGRES_URL: `postgres://shop:wrong@127.0.0.1:${await freePort()}/none`,
    }));

  test('with a wrong password is told in one line by every command', async () => {
    const locked = await startLockedPostgres();
    onTestFinished(() => locked.server.close());
    await expectRefusal('STORE_REFUSED', { WORKFLOW_POSTGRES_URL: locked.urlWith('wrong') });
  });

  test('with an unknown name is told in one line by every command', () =>
    expectRefusal('WORLD_UNKNOWN', { WORKFLOW_TARGET_WORLD: 'postgrse' }));
});
