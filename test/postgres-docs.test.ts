/** The examples of docs/postgres.md are an app and its operation, and they do on a database what the page says. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgresWorld } from '../packages/world-postgres/src/index.ts';
import { deedsOf } from '../packages/world-postgres/test/deeds.ts';
import { ask, createDatabase, dropDatabase } from '../workbench/postgres/src/database.ts';
import { startPostgres } from '../workbench/postgres/src/server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/postgres.md'), 'utf8');
const files = [...page.matchAll(/```ts\n\/\/ (\w[\w-]*\.ts)([\s\S]*?)```/g)].map(
  ([, name, code]) => [name!, `//${code}`] as const,
);
const statements = [...page.matchAll(/```sql\n-- (.*)\n([\s\S]*?)```/g)].map(
  ([, title, sql]) => [title!, sql!] as const,
);
const queries = statements.filter(([title]) => !title.startsWith('roles.sql'));

const directory = mkdtempSync(join(tmpdir(), 'perdure-postgres-docs-'));
/** A server of its own: roles belong to all databases of one. */
let server: Awaited<ReturnType<typeof startPostgres>>;
let database: string;

function addressOf(user: string): string {
  const url = new URL(database);
  url.username = user;
  return url.href;
}

beforeAll(async () => {
  mkdirSync(join(directory, 'node_modules/@perdure'), { recursive: true });
  const link = (name: string, target: string): void =>
    symlinkSync(realpathSync(join(root, target)), join(directory, 'node_modules', name));
  link('perdure', 'packages/perdure');
  link('@perdure/world-postgres', 'packages/world-postgres');
  link('pg', 'packages/world-postgres/node_modules/pg');
  writeFileSync(join(directory, 'package.json'), '{ "name": "docs-app", "type": "module" }');
  for (const [name, code] of files) writeFileSync(join(directory, name), code);
  server = await startPostgres();
  database = await createDatabase(server);
  await ask(database, statements.find(([title]) => title.startsWith('roles.sql'))![1]);
});

afterAll(async () => {
  await dropDatabase(server, database);
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

function begin(args: string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      WORKFLOW_POSTGRES_URL: '',
      WORKFLOW_TARGET_WORLD: 'postgres',
      DATABASE_URL: addressOf('perdure_app'),
      WORKFLOW_POSTGRES_MIGRATIONS: 'check',
      ...env,
    },
  });
}

const app = (file: string, args: string[] = [], env: Record<string, string> = {}): ChildProcess =>
  begin(['--import', 'perdure/register', file, ...args], env);
const perdure = (args: string[], env?: Record<string, string>): ChildProcess =>
  begin([join(root, 'packages/perdure/src/bin.ts'), ...args], env);

async function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  const texts = { out: '', err: '' };
  child.stdout!.on('data', (chunk) => {
    texts.out += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    texts.err += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...texts };
}

describe('a role that does not own the schema', () => {
  it('starts nothing before the owner has migrated, and cannot migrate itself', async () => {
    const early = await ended(app('server.ts'));
    expect(early).toMatchObject({ code: 1, out: '', err: expect.stringContaining('SCHEMA_OLD') });
    const own = await ended(perdure(['migrate']));
    expect(own).toMatchObject({
      code: 2,
      err: expect.stringMatching(/\[STORE_REFUSED\].*permission denied/),
    });
    const migrated = await ended(perdure(['migrate'], { DATABASE_URL: addressOf('perdure_owner') }));
    expect(migrated).toMatchObject({ code: 0, out: expect.stringContaining('0001_store') });
  });

  it('may do everything that a world does', async () => {
    const connectionString = addressOf('perdure_app');
    const world = createPostgresWorld({ connectionString, migrations: 'check' });
    const other = createPostgresWorld({ connectionString: addressOf('perdure_owner') });
    const answers = async (of: typeof world, name: string): Promise<string> => {
      const { deeds, left } = deedsOf(of, name);
      const all: unknown[] = [];
      for (const { work } of deeds) all.push(await work());
      return JSON.stringify([all, await left()]).replaceAll(name, 'n');
    };
    expect(await answers(world, 'n1')).toBe(await answers(other, 'n2'));
    await other.clear();
    await expect(world.clear()).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    await world.close();
    await other.close();
  });
});

describe('the app of the page', () => {
  it('is these files', () => {
    expect(files.map(([name]) => name)).toEqual(['orders.ts', 'server.ts', 'own-pool.ts', 'producer.ts']);
  });

  it('works in one process and is fed by another, and ends when it is asked to', async () => {
    const server = app('server.ts');
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('close', () => reject(new Error('The server ended.')));
        server.stdout!.on('data', (chunk) => {
          if (String(chunk).includes('working')) resolve();
        });
      });
      const fed = await ended(app('producer.ts', ['order-1'], { WORKFLOW_WORKER: 'off' }));
      expect(fed).toEqual({ code: 0, out: 'charged order-1 once for step\n', err: '' });
      const closing = ended(server);
      server.kill('SIGTERM');
      expect((await closing).code).toBe(0);
    } finally {
      server.kill('SIGKILL');
    }
  });

  it('works on a pool of its own', async () => {
    const { code, out, err } = await ended(app('own-pool.ts'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^charged order-2 once for step \{ statements: \d+, hears: \w+ \}\n$/);
  });
});

describe('the queries of the page', () => {
  it('are these', () => {
    expect(queries.length).toBeGreaterThan(6);
  });

  it.each(queries)('%s', async (_, sql) => {
    await expect(ask(addressOf('perdure_app'), sql)).resolves.toBeInstanceOf(Array);
  });

  it('find what is due, who drives, what is paused and offered', async () => {
    const of = async (text: string): Promise<unknown[]> => {
      const [, sql] = queries.find(([title]) => title.startsWith(text))!;
      return ask(database, sql);
    };
    await ask(
      database,
      `INSERT INTO perdure.runs (run_id, workflow_name, program, status, version, wake_at, held, worker, created_at, updated_at, attributes, pause_reason)
       VALUES ('wrun_due', 'due', 'p', 'pending', 1, 5, false, NULL, 5, 5, '{}', NULL),
         ('wrun_held', 'held', 'p', 'running', 2, 5, true, 'worker_gone', 5, 5, '{}', NULL),
         ('wrun_paused', 'paused', 'p', 'paused', 3, NULL, false, NULL, 5, 5, '{}', '{"code":"DIVERGENCE","message":"other"}')`,
    );
    await ask(database, `INSERT INTO perdure.workers VALUES ('worker_gone', 5)`);
    await ask(
      database,
      `INSERT INTO perdure.offered_steps (run_id, correlation_id, step_name, created_version, failures, attempt, due_at)
       VALUES ('wrun_held', 'step_1', 'pay', 2, 0, 0, 5)`,
    );
    expect(await of('what is due')).toMatchObject([{ workflow_name: 'due', due: '1' }]);
    expect(await of('who drives')).toContainEqual(
      expect.objectContaining({ worker: 'worker_gone', held: '1', lease_s: expect.any(Number) }),
    );
    expect(await of('what waits')).toMatchObject([{ run_id: 'wrun_paused', code: 'DIVERGENCE' }]);
    expect(await of('steps that are offered')).toMatchObject([{ step_name: 'pay', waiting: '1' }]);
    expect(await of('the oldest runs')).toHaveLength(3);
  });
});

it('the page names every variable and option of the package', () => {
  const read = (file: string): string =>
    readFileSync(join(root, 'packages/world-postgres/src', file), 'utf8');
  const variables = read('config.ts').match(/\bWORKFLOW_[A-Z_]+/g)!;
  const [, options] = /interface PostgresWorldOptions \{([\s\S]*?)\n\}/.exec(read('world.ts'))!;
  const names = [...options!.matchAll(/readonly (\w+)\?:/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(6);
  // The clock is for tests.
  const wanted = [...variables, ...names.filter((name) => name !== 'clock')];
  expect(wanted.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
