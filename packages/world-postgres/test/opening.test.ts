/** What a world says that cannot be opened, and what to do about it. */
import { createServer } from 'node:net';
import { ask, dropDatabase } from '@workbench/postgres/database.ts';
import { startLockedPostgres } from '@workbench/postgres/locked-server.ts';
import { testServer } from '@workbench/postgres/test-server.ts';
import { afterEach, expect, test } from 'vitest';
import { settings } from '../src/config.ts';
import { createPostgresWorld, createWorld, type PostgresWorld } from '../src/index.ts';
import { temporarySchema } from './server.ts';

const cleaners: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleaners.splice(0).reverse()) await clean();
});

function opened(world: PostgresWorld): PostgresWorld {
  cleaners.push(() => world.close());
  return world;
}

async function refusal(world: PostgresWorld): Promise<{ code: string; message: string; hint: string }> {
  const error = await opened(world)
    .open()
    .then(
      () => undefined,
      (thrown: { code: string; message: string; hint: string }) => thrown,
    );
  if (!error) throw new Error('Expected the world not to open.');
  const { code, message, hint } = error;
  return { code, message, hint };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('without an address there is no world, and the error names both variables', async () => {
  expect(() => settings({})).toThrowError(expect.objectContaining({ code: 'STORE_UNCONFIGURED' }));
  expect(() => createPostgresWorld()).toThrowError(
    expect.objectContaining({
      code: 'STORE_UNCONFIGURED',
      hint: expect.stringMatching(/WORKFLOW_POSTGRES_URL.*DATABASE_URL/),
    }),
  );
});

test('the environment names address, schema and what happens to an old schema', () => {
  const WORKFLOW_POSTGRES_URL = 'postgres://a@b/c';
  expect(settings({ DATABASE_URL: 'postgres://d@e/f' })).toMatchObject({
    connectionString: 'postgres://d@e/f',
  });
  expect(settings({ WORKFLOW_POSTGRES_URL, DATABASE_URL: 'postgres://d@e/f' })).toMatchObject({
    connectionString: WORKFLOW_POSTGRES_URL,
  });
  expect(
    settings({
      WORKFLOW_POSTGRES_URL,
      WORKFLOW_POSTGRES_SCHEMA: 'mine',
      WORKFLOW_POSTGRES_MIGRATIONS: 'check',
    }),
  ).toEqual({ connectionString: WORKFLOW_POSTGRES_URL, schema: 'mine', migrations: 'check' });
  expect(() => settings({ WORKFLOW_POSTGRES_URL, WORKFLOW_POSTGRES_MIGRATIONS: 'never' })).toThrowError(
    expect.objectContaining({ code: 'INPUT_INVALID' }),
  );
});

test('options that make no sense are refused at once', () => {
  const connectionString = 'postgres://a@b/c';
  for (const wrong of [
    { schema: 'a"; DROP' },
    { schema: '' },
    { maxConnections: 0 },
    { maxConnections: 1.5 },
  ])
    expect(() => createPostgresWorld({ connectionString, ...wrong })).toThrowError(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
});

test('a server that is not there is named, without user and password', async () => {
  const port = await freePort();
  const connectionString = `postgres://someone:secret@127.0.0.1:${port}/shop`;
  const { code, message, hint } = await refusal(createPostgresWorld({ connectionString, retryMs: 50 }));
  expect(code).toBe('STORE_UNREACHABLE');
  expect(message).toContain(`127.0.0.1:${port}/shop`);
  expect(message).toMatch(/ECONNREFUSED/);
  expect(`${message}${hint}`).not.toMatch(/secret|someone/);
});

test('a database that is not there, a wrong password and none are refused at once', async () => {
  const locked = await startLockedPostgres();
  cleaners.push(() => locked.server.close());
  const place = `127.0.0.1:${locked.server.port}`;
  const missing = await refusal(
    createPostgresWorld({ connectionString: `postgres://postgres@${place}/nowhere` }),
  );
  expect(missing).toMatchObject({ code: 'STORE_REFUSED', message: expect.stringContaining('nowhere') });
  const wrong = await refusal(createPostgresWorld({ connectionString: locked.urlWith('wrong') }));
  expect(wrong).toMatchObject({ code: 'STORE_REFUSED', message: expect.stringContaining('password') });
  const none = await refusal(createPostgresWorld({ connectionString: `postgres://shop@${place}/postgres` }));
  expect(none.code).toBe('STORE_REFUSED');
  const right = await refusal(createPostgresWorld({ connectionString: locked.urlWith('right') }));
  expect(right).toMatchObject({
    code: 'STORE_REFUSED',
    message: expect.stringContaining('permission denied'),
  });
});

test('a schema that lacks migrations is said to be old where it must be up to date, and opens when it is', async () => {
  const schema = await temporarySchema();
  cleaners.push(schema.drop);
  const old = await refusal(schema.open({ migrations: 'check' }));
  expect(old).toMatchObject({ code: 'SCHEMA_OLD', message: expect.stringContaining('0001_store') });
  expect(old.hint).toContain('perdure migrate');
  expect(await schema.ask('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema.name])).toEqual([]);
  await opened(schema.open()).migrate();
  await opened(schema.open({ migrations: 'check' })).open();
});

test('a schema of a newer release opens, unless that release says that this one can no longer work with it', async () => {
  const schema = await temporarySchema();
  cleaners.push(schema.drop);
  await opened(schema.open()).open();
  const add = (name: string, breaks: boolean) =>
    schema.ask(`INSERT INTO "${schema.name}".migrations (name, breaks) VALUES ($1, $2)`, [name, breaks]);
  await add('9998_more', false);
  await opened(schema.open()).open();
  await add('9999_other', true);
  const newer = await refusal(schema.open());
  expect(newer).toMatchObject({ code: 'DATA_NEWER', message: expect.stringContaining('9999_other') });
});

test('a database of another encoding is refused', async () => {
  const { url } = await testServer();
  const database = new URL(url);
  database.pathname = `/perdure_${Math.random().toString(16).slice(2).padEnd(16, '0').slice(0, 16)}`;
  await ask(
    url,
    `CREATE DATABASE ${database.pathname.slice(1)} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
  );
  cleaners.push(() => dropDatabase({ url }, database.href));
  const latin = await refusal(createPostgresWorld({ connectionString: database.href }));
  expect(latin).toMatchObject({ code: 'STORE_REFUSED', message: expect.stringContaining('LATIN1') });
});

test('tables that were taken away are told from trouble that passes', async () => {
  const schema = await temporarySchema();
  cleaners.push(schema.drop);
  const world = opened(schema.open());
  await world.open();
  await schema.ask(`DROP TABLE "${schema.name}".runs CASCADE`);
  await expect(world.runs.list()).rejects.toMatchObject({ code: 'SCHEMA_OLD' });
});

test('the world of the environment is opened before it is given out', async () => {
  const { WORKFLOW_POSTGRES_URL } = process.env;
  const port = await freePort();
  process.env.WORKFLOW_POSTGRES_URL = `postgres://a@127.0.0.1:${port}/b`;
  try {
    await expect(createWorld()).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    const { url } = await testServer();
    process.env.WORKFLOW_POSTGRES_URL = url;
    const schema = await temporarySchema();
    cleaners.push(schema.drop);
    process.env.WORKFLOW_POSTGRES_SCHEMA = schema.name;
    const world = opened(await createWorld());
    expect(await world.runs.list()).toEqual({ runs: [] });
  } finally {
    restore(WORKFLOW_POSTGRES_URL);
  }
});

test('who only looks changes no schema, and who migrates is not stopped by an old one', async () => {
  const { WORKFLOW_POSTGRES_URL } = process.env;
  try {
    const { url } = await testServer();
    const schema = await temporarySchema();
    cleaners.push(schema.drop);
    process.env.WORKFLOW_POSTGRES_URL = url;
    process.env.WORKFLOW_POSTGRES_SCHEMA = schema.name;
    await expect(createWorld({ purpose: 'look' })).rejects.toMatchObject({ code: 'SCHEMA_OLD' });
    const world = opened(await createWorld({ purpose: 'migrate' }));
    expect(await world.missingMigrations()).toEqual(['0001_store']);
    expect(await world.migrate()).toEqual(['0001_store']);
    expect(await world.missingMigrations()).toEqual([]);
    expect(await opened(await createWorld({ purpose: 'look' })).runs.list()).toEqual({ runs: [] });
  } finally {
    restore(WORKFLOW_POSTGRES_URL);
  }
});

function restore(url: string | undefined): void {
  delete process.env.WORKFLOW_POSTGRES_SCHEMA;
  if (url === undefined) delete process.env.WORKFLOW_POSTGRES_URL;
  else process.env.WORKFLOW_POSTGRES_URL = url;
}
