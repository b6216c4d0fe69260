/** What a client of a pooler in transaction mode has, and what it has not. */
import { Client, type ClientConfig, Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ask, createDatabase, dropDatabase } from '../src/database.ts';
import { type Pooler, startPooler } from '../src/pooler.ts';
import { startProxy } from '../src/proxy.ts';
import { testServer } from '../src/test-server.ts';

let server: { readonly url: string };
let database: string;
let pooler: Pooler;
const clients: Client[] = [];

beforeAll(async () => {
  server = await testServer();
  database = await createDatabase(server);
  await ask(database, 'CREATE TABLE notes (text text)');
});
afterAll(() => dropDatabase(server, database));
beforeEach(async () => {
  pooler = await startPooler({ url: database });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await pooler.close();
  await ask(database, 'TRUNCATE notes');
});

async function connected(config: ClientConfig = {}): Promise<Client> {
  const client = new Client({ connectionString: pooler.through(database), ...config });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

const backendOf = async (client: Client): Promise<number> =>
  (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;

test('many clients share few connections, whatever they ask for at once', async () => {
  const pool = new Pool({ connectionString: pooler.through(database), max: 20 });
  const asked = Array.from({ length: 200 }, async (_, i) => {
    const { rows } = await pool.query('SELECT $1::int AS n, pg_backend_pid() AS pid', [i]);
    return rows[0] as { n: number; pid: number };
  });
  const answers = await Promise.all(asked);
  expect(answers.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2);
  expect(pooler.clients).toBe(20);
  expect(pooler.links).toBe(2);
  await pool.end();
});

test('requests that are sent together are answered on one connection', async () => {
  const client = await connected({ pipeline: true });
  const pids = await Promise.all([1, 2, 3].map(() => backendOf(client)));
  expect(new Set(pids).size).toBe(1);
});

test('a transaction stays on its connection, and the next one is on another', async () => {
  const client = await connected();
  await backendOf(client);
  const before = await backendOf(client);
  await client.query('BEGIN');
  const within = await backendOf(client);
  await client.query(`INSERT INTO notes VALUES ('one')`);
  expect(await backendOf(client)).toBe(within);
  await expect(client.query('SELECT nothing')).rejects.toMatchObject({ code: '42703' });
  await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
  await client.query('ROLLBACK');
  expect(within).not.toBe(before);
  expect(await backendOf(client)).not.toBe(within);
  expect(await ask(database, 'SELECT * FROM notes')).toEqual([]);
});

test('clients wait while every connection is in a transaction', async () => {
  const [one, two, three] = [await connected(), await connected(), await connected()];
  await one.query('BEGIN');
  await two.query('BEGIN');
  let answered = false;
  const asked = backendOf(three).then((pid) => {
    answered = true;
    return pid;
  });
  const held = await backendOf(two);
  expect(answered).toBe(false);
  await two.query('COMMIT');
  expect(await asked).toBe(held);
});

test('named statements fail where they were not prepared, and where others prepared them', async () => {
  const client = await connected();
  const named = { name: 'add', text: 'SELECT $1::int + 1 AS n' };
  expect((await client.query({ ...named, values: [1] })).rows).toEqual([{ n: 2 }]);
  await backendOf(client);
  await backendOf(client);
  await expect(client.query({ ...named, values: [2] })).rejects.toMatchObject({ code: '26000' });
  const other = await connected();
  await expect(
    (async () => {
      for (const value of [1, 2]) await (await connected()).query({ ...named, values: [value] });
      return other.query({ ...named, values: [3] });
    })(),
  ).rejects.toMatchObject({ code: '42P05' });
});

test('what is set for the session is not there in the next transaction; what is set for one is', async () => {
  const client = await connected();
  const shown = async () => (await client.query('SHOW search_path')).rows[0].search_path;
  await client.query('SET search_path TO elsewhere');
  expect(await shown()).not.toBe('elsewhere');
  await client.query('BEGIN; SET LOCAL search_path TO elsewhere');
  expect(await shown()).toBe('elsewhere');
  await client.query('COMMIT');
});

test('LISTEN is lost', async () => {
  const client = await connected();
  const heard: unknown[] = [];
  client.on('notification', ({ payload }) => heard.push(payload));
  await client.query('LISTEN news');
  await ask(database, `NOTIFY news, 'hello'`);
  const listening = `SELECT pg_listening_channels() AS channel`;
  expect((await client.query(listening)).rows).toEqual([]);
  expect(heard).toEqual([]);
});

test.each([{ statement_timeout: 1_000 }, { options: '-c search_path=elsewhere' }, { lock_timeout: 1_000 }])(
  'a session that starts with %j is refused',
  async (config) => {
    await expect(connected(config)).rejects.toMatchObject({
      code: '08P01',
      message: `unsupported startup parameter: ${Object.keys(config)[0]}`,
    });
  },
);

test('a database that is not there is told as the server tells it', async () => {
  const url = new URL(pooler.through(database));
  url.pathname = '/nowhere';
  await expect(ask(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
});

test('a client that goes within its transaction takes the connection with it, and leaves none of its locks', async () => {
  const one = new Client({ connectionString: pooler.through(database) });
  await one.connect();
  await one.query('BEGIN; LOCK TABLE notes');
  // Without a goodbye.
  (one as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  one.on('error', () => undefined);
  const two = await connected();
  await two.query(`INSERT INTO notes VALUES ('two')`);
  await vi.waitFor(() => expect(pooler.clients).toBe(1));
  expect(pooler.links).toBeLessThanOrEqual(2);
});

test('a connection to the server that ends takes its client with it, and is replaced', async () => {
  const client = await connected();
  await client.query('BEGIN');
  const pid = await backendOf(client);
  const failed = expect(client.query('SELECT pg_sleep(60)')).rejects.toThrow();
  await ask(database, 'SELECT pg_terminate_backend($1)', [pid]);
  await failed;
  const pids = [];
  const other = await connected();
  for (let i = 0; i < 4; i += 1) pids.push(await backendOf(other));
  expect(new Set(pids).size).toBe(2);
  expect(pids).not.toContain(pid);
});

test('stands before a proxy, too: idle connections that were cut are replaced', async () => {
  await using proxy = await startProxy({ url: database });
  await using before = await startPooler({ url: proxy.through(database) });
  const pool = new Pool({ connectionString: before.through(database), max: 4 });
  pool.on('error', () => undefined);
  await Promise.all([1, 2, 3, 4].map(() => pool.query('SELECT 1')));
  expect(proxy.cut()).toBe(2);
  await vi.waitFor(() => expect(before.links).toBe(0));
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});
