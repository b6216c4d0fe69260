/** What `pg` sees of each fault, and what the server keeps. */
import { Client, type DatabaseError, Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, createDatabase, dropDatabase } from '../src/database.ts';
import type { PostgresProxy } from '../src/proxy.ts';
import { startProxy } from '../src/proxy.ts';
import { testServer } from '../src/test-server.ts';

let server: { readonly url: string };
let database: string;
let proxy: PostgresProxy;
const clients: Client[] = [];

beforeAll(async () => {
  server = await testServer();
  database = await createDatabase(server);
  await ask(database, 'CREATE TABLE notes (text text)');
});
afterAll(() => dropDatabase(server, database));
beforeEach(async () => {
  proxy = await startProxy({ url: database });
});
afterEach(async () => {
  await proxy.close();
  await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
  await ask(database, 'TRUNCATE notes');
});

async function connected(options: { readonly pipeline?: boolean } = {}): Promise<Client> {
  const client = new Client({ connectionString: proxy.through(database), ...options });
  clients.push(client);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const kept = async (): Promise<string[]> =>
  (await ask<{ text: string }>(database, 'SELECT text FROM notes ORDER BY text')).map(({ text }) => text);
const write = (client: Client, text: string) => client.query('INSERT INTO notes VALUES ($1)', [text]);
const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => 'none',
    (error: DatabaseError) => error.code,
  );
/** As `pg` says that a connection is gone. */
const lost = /Connection terminated|ECONNRESET|ECONNREFUSED/;

test('what it is not told to break goes through, in both protocols, large and pipelined', async () => {
  const client = await connected();
  expect((await client.query('SELECT 1 AS a; SELECT 2 AS b')) as unknown).toMatchObject([
    { rows: [{ a: 1 }] },
    { rows: [{ b: 2 }] },
  ]);
  const named = { name: 'long', text: 'SELECT repeat($1, $2::int) AS text' };
  for (const length of [0, 10, 5_000_000]) {
    const { rows } = await client.query({ ...named, values: ['x', length] });
    expect(rows[0].text).toHaveLength(length);
  }
  const pipe = await connected({ pipeline: true });
  const many = await Promise.all(
    Array.from({ length: 50 }, (_, i) => pipe.query('SELECT $1::int AS n', [i])),
  );
  expect(many.map(({ rows }) => rows[0].n)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(await codeOf(client.query('SELECT nothing'))).toBe('42703');
  const other = await connected();
  await client.query('LISTEN news');
  const heard = new Promise((resolve) => client.once('notification', ({ payload }) => resolve(payload)));
  await other.query(`NOTIFY news, 'hello'`);
  expect(await heard).toBe('hello');
});

describe('a cut', () => {
  test.each(['end', 'reset'] as const)('at the reply (%s) loses the answer, not the write', async (how) => {
    const injected = proxy.inject({ when: /INSERT/, fault: { kind: 'cut', at: 'reply', how } });
    const client = await connected();
    await expect(write(client, 'one')).rejects.toThrow(lost);
    expect(await kept()).toEqual(['one']);
    expect(injected.hits).toBe(1);
    expect(proxy.passed).toMatchObject({ commits: 0, cuts: 1 });
    await write(await connected(), 'two');
    expect(await kept()).toEqual(['one', 'two']);
    expect(proxy.passed.commits).toBe(1);
  });

  test.each(['end', 'reset'] as const)(
    'at the request (%s) keeps the statement from the server',
    async (how) => {
      proxy.inject({ when: /INSERT/, fault: { kind: 'cut', at: 'request', how } });
      await expect(write(await connected(), 'one')).rejects.toThrow(lost);
      expect(await kept()).toEqual([]);
    },
  );

  test('between COMMIT and its reply keeps the transaction; before COMMIT it is gone', async () => {
    for (const at of ['reply', 'request'] as const) {
      const injected = proxy.inject({ when: /^commit/i, fault: { kind: 'cut', at } });
      const client = await connected();
      await client.query('BEGIN');
      await write(client, at);
      await expect(client.query('COMMIT')).rejects.toThrow(lost);
      await injected.untilHit();
    }
    expect(await kept()).toEqual(['reply']);
  });

  test('waits for its statement: so many pass, so many are hit, and then none', async () => {
    const injected = proxy.inject({
      when: /INSERT/,
      skip: 2,
      times: 2,
      fault: { kind: 'cut', at: 'request' },
    });
    const ends: string[] = [];
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const ended = await write(await connected(), text).catch(() => 'cut');
      ends.push(ended === 'cut' ? 'cut' : 'kept');
    }
    expect(ends).toEqual(['kept', 'kept', 'cut', 'cut', 'kept', 'kept']);
    expect(injected.hits).toBe(2);
  });

  test('is for what a function says, and for nothing after it was removed', async () => {
    const all = proxy.inject({ times: 99, fault: { kind: 'cut', at: 'request' } });
    all.remove();
    const injected = proxy.inject({
      when: ({ text, connection }) => connection === 2 && text === 'SELECT 1',
      fault: { kind: 'cut', at: 'request' },
    });
    const [one, two] = [await connected(), await connected()];
    await one.query('SELECT 1');
    await two.query('SELECT 2');
    await expect(two.query('SELECT 1')).rejects.toThrow(lost);
    expect([injected.hits, all.hits]).toEqual([1, 0]);
  });

  test('finds a named statement by its text when only the name is sent', async () => {
    const injected = proxy.inject({ when: /INSERT/, skip: 1, fault: { kind: 'cut', at: 'request' } });
    const client = await connected();
    const named = { name: 'note', text: 'INSERT INTO notes VALUES ($1)' };
    await client.query({ ...named, values: ['one'] });
    await expect(client.query({ ...named, values: ['two'] })).rejects.toThrow(lost);
    expect(injected.hits).toBe(1);
    expect(await kept()).toEqual(['one']);
  });

  test('on demand hits what is open: running statements fail, idle clients hear of it, and others connect', async () => {
    const pool = new Pool({ connectionString: proxy.through(database), max: 3 });
    const heard: Error[] = [];
    pool.on('error', (error) => heard.push(error));
    await Promise.all([1, 2, 3].map(() => pool.query('SELECT pg_sleep(0.01)')));
    const running = pool.query('SELECT pg_sleep(60)');
    const failed = expect(running).rejects.toThrow(lost);
    expect([proxy.cut({ skip: 3, count: 1 }), proxy.cut({ skip: 2, count: 1 }), proxy.cut()]).toEqual([
      0, 1, 2,
    ]);
    await failed;
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
    expect(proxy.passed).toMatchObject({ connections: 4, cuts: 3 });
  });
});

test('a cut at the reply of the second of two statements sent together leaves the first its answer', async () => {
  const injected = proxy.inject({ when: /INSERT/, skip: 1, fault: { kind: 'cut', at: 'reply' } });
  const client = await connected({ pipeline: true });
  const codes = await Promise.all(['a', 'b'].map((text) => write(client, text).then(() => 'kept', String)));
  await injected.untilHit();
  expect(codes).toEqual(['kept', expect.stringMatching(lost)]);
  expect(await kept()).toEqual(['a', 'b']);
});

describe('an error', () => {
  test.each(['40001', '40P01', '25006', '57014', '53100', 'XX000'])(
    '%s comes instead of the statement, and the connection goes on',
    async (code) => {
      proxy.inject({ when: /INSERT/, times: 2, fault: { kind: 'error', code, message: "it's so" } });
      const client = await connected();
      await expect(write(client, 'one')).rejects.toMatchObject({
        code,
        message: "it's so",
        severity: 'ERROR',
      });
      expect(await codeOf(client.query(`INSERT INTO notes VALUES ('two')`))).toBe(code);
      await write(client, 'three');
      expect(await kept()).toEqual(['three']);
    },
  );

  test('fails the transaction on the server as well', async () => {
    proxy.inject({ when: /second/, fault: { kind: 'error', code: '40001' } });
    const client = await connected();
    await client.query('BEGIN');
    await write(client, 'first');
    expect(await codeOf(client.query(`SELECT 'second'`))).toBe('40001');
    expect(await codeOf(write(client, 'third'))).toBe('25P02');
    await client.query('COMMIT');
    expect(await kept()).toEqual([]);
  });

  test('at COMMIT leaves no transaction', async () => {
    proxy.inject({ when: /^COMMIT/, fault: { kind: 'error', code: '40001' } });
    const client = await connected();
    await client.query('BEGIN');
    await write(client, 'first');
    expect(await codeOf(client.query('COMMIT'))).toBe('40001');
    await write(client, 'second');
    expect(await kept()).toEqual(['second']);
  });

  test('among statements that were sent together hits its own', async () => {
    proxy.inject({ when: /INSERT/, skip: 1, fault: { kind: 'error', code: '40001' } });
    const client = await connected({ pipeline: true });
    const codes = await Promise.all(['a', 'b', 'c'].map((text) => codeOf(write(client, text))));
    expect(codes).toEqual(['none', '40001', 'none']);
    expect(await kept()).toEqual(['a', 'c']);
  });

  test('that is fatal ends the connection, too', async () => {
    proxy.inject({ when: /INSERT/, fault: { kind: 'error', code: '57P01', fatal: true } });
    const client = await connected();
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
    await expect(write(client, 'one')).rejects.toMatchObject({ code: '57P01', severity: 'FATAL' });
    await ended;
    expect(await kept()).toEqual([]);
  });
});

describe('new connections', () => {
  test('are refused for a while, and open ones go on', async () => {
    const client = await connected();
    await proxy.refuse();
    await expect(connected()).rejects.toThrow(/ECONNREFUSED/);
    expect(await codeOf(write(client, 'one'))).toBe('none');
    await proxy.accept();
    await write(await connected(), 'two');
  });

  test('are refused with the SQLSTATE of a server that has too many', async () => {
    await proxy.refuse('53300');
    await expect(connected()).rejects.toMatchObject({ code: '53300' });
    await proxy.accept();
    await connected();
  });

  test('find nobody when the server is gone', async () => {
    await using dead = await startProxy({ url: 'postgres://postgres@127.0.0.1:1/postgres' });
    await expect(ask(dead.through(database), 'SELECT 1')).rejects.toThrow(lost);
  });
});

test('delayed and stalled, all arrives, in order', async () => {
  const client = await connected({ pipeline: true });
  proxy.delayMs = 5;
  const asked = [1, 2, 3].map((n) => client.query('SELECT $1::int AS n', [n]));
  proxy.delayMs = 0;
  const goOn = proxy.stall();
  asked.push(client.query('SELECT 4 AS n'));
  let answered = false;
  void asked[3]!.then(() => {
    answered = true;
  });
  // Another way to the server, and back: the stalled one had the same time.
  await ask(database, 'SELECT pg_sleep(0.05)');
  expect(answered).toBe(false);
  goOn();
  expect((await Promise.all(asked)).map(({ rows }) => rows[0].n)).toEqual([1, 2, 3, 4]);
});

test('what passed is counted: statements by text, transactions that were committed', async () => {
  const client = await connected();
  await client.query('SELECT\n  1');
  await client.query('SELECT 1');
  await client.query('BEGIN');
  await write(client, 'one');
  await client.query('ROLLBACK');
  await client.query('BEGIN');
  await write(client, 'one');
  await client.query('COMMIT');
  await codeOf(client.query('SELECT nothing'));
  expect(Object.fromEntries(proxy.passed.statements)).toEqual({
    'SELECT 1': 2,
    BEGIN: 2,
    'INSERT INTO notes VALUES ($1)': 2,
    ROLLBACK: 1,
    COMMIT: 1,
    'SELECT nothing': 1,
  });
  expect(proxy.passed).toMatchObject({ commits: 3, connections: 1, cuts: 0 });
  proxy.forget();
  expect(proxy.passed).toEqual({ statements: new Map(), commits: 0, connections: 0, cuts: 0 });
});
