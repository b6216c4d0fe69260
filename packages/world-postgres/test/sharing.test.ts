/** What shares a statement, a connection and a thread. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { worldConformance } from '@perdure/world/conformance';
import { startPooler } from '@workbench/postgres/pooler.ts';
import { startProxy } from '@workbench/postgres/proxy.ts';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { createPostgresWorld, type PostgresWorldOptions } from '../src/index.ts';
import { event, runCreated, start, until } from './events.ts';
import { type TemporarySchema, temporarySchema } from './server.ts';

let schema: TemporarySchema;
beforeEach(async () => {
  schema = await temporarySchema();
});
afterEach(() => schema.drop());

const attributes = (runId: string, version: number, value: string) =>
  event(runId, version, 'attr_set', { eventData: { attributes: { value } } });

describe('group commit', () => {
  test('appends of different runs in one tick are one statement and one commit, and a conflict in one is that one’s', async () => {
    const proxy = await startProxy({ url: schema.url });
    const world = createPostgresWorld({ connectionString: proxy.through(schema.url), schema: schema.name });
    const ids = Array.from({ length: 20 }, (_, n) => `run_${n}`);
    const claims = await Promise.all(ids.map((runId) => start(world, runId)));
    const elsewhere = schema.open();
    await elsewhere.runs.send('run_7', {
      eventType: 'attr_set',
      key: 'k',
      eventData: { attributes: { value: 'sent' } },
    });
    await elsewhere.runs.release([claims[3]!]);
    await elsewhere.close();
    proxy.forget();
    const results = await Promise.all(
      claims.map((claim, n) =>
        world.runs.append(claim, [attributes(`run_${n}`, 2, 'own')], { after: 1, wakeAt: null }),
      ),
    );
    const kinds = results.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'appended')).toHaveLength(18);
    expect([kinds[3], kinds[7]]).toEqual(['claim-lost', 'tail-moved']);
    const [appends] = [...proxy.passed.statements].filter(([text]) => text.includes('.append('));
    expect(appends?.[1]).toBe(1);
    const read = await Promise.all(ids.map(async (runId) => (await world.runs.get(runId))?.attributes.value));
    expect(read.filter((value) => value === 'own')).toHaveLength(18);
    expect([read[3], read[7]]).toEqual([undefined, 'sent']);
    await world.close();
    await proxy.close();
  });

  test('creations of one tick are one statement', async () => {
    const proxy = await startProxy({ url: schema.url });
    const world = createPostgresWorld({ connectionString: proxy.through(schema.url), schema: schema.name });
    await world.open();
    proxy.forget();
    await Promise.all(Array.from({ length: 50 }, (_, n) => world.runs.create(runCreated(`run_${n}`))));
    const creations = [...proxy.passed.statements].filter(([text]) => text.includes('create_runs'));
    expect(creations.map(([, times]) => times)).toEqual([1]);
    await world.close();
    await proxy.close();
  });

  test('an event that the server cannot take fails alone', async () => {
    const world = schema.open();
    const claims = await Promise.all(['run_1', 'run_2'].map((runId) => start(world, runId)));
    await schema.ask(`ALTER TABLE "${schema.name}".events ADD CHECK (correlation_id <> 'step_bad')`);
    const step = (runId: string, correlationId: string) =>
      event(runId, 2, 'step_created', { correlationId, eventData: { stepName: 's', input: '[]' } });
    const [good, bad] = await Promise.allSettled([
      world.runs.append(claims[0]!, [step('run_1', 'step_good')], { after: 1, wakeAt: null }),
      world.runs.append(claims[1]!, [step('run_2', 'step_bad')], { after: 1, wakeAt: null }),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled', value: { kind: 'appended' } });
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FAILED' } });
    expect(await world.runs.history('run_2')).toHaveLength(1);
    await world.runs.append(claims[1]!, [step('run_2', 'step_other')], { after: 1, wakeAt: null });
    await world.close();
  });
});

describe('a pool of the caller', () => {
  test('of one connection is enough for many calls at once, and stays open', async () => {
    const pool = new pg.Pool({ connectionString: schema.url, max: 1 });
    const world = createPostgresWorld({ pool, schema: schema.name });
    world.runs.watch(() => undefined);
    const ids = Array.from({ length: 30 }, (_, n) => `run_${n}`);
    await Promise.all(ids.map((runId) => start(world, runId)));
    const all = await Promise.all(ids.map((runId) => world.runs.get(runId)));
    expect(all.every((run) => run?.status === 'pending')).toBe(true);
    await until(() => world.stats().hears);
    await world.close();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  test('keeps the types that its app has set for it', async () => {
    const types = { getTypeParser: () => (text: string) => `mine: ${text}` };
    const pool = new pg.Pool({ connectionString: schema.url, types });
    const world = createPostgresWorld({ pool, schema: schema.name });
    const claim = await start(world, 'run_1');
    expect(await world.runs.append(claim, [attributes('run_1', 2, 'x')], { after: 1, wakeAt: null })).toEqual(
      {
        kind: 'appended',
        version: 2,
      },
    );
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 'mine: 1' }]);
    await world.close();
    await pool.end();
  });

  test('whose idle connections are ended by the server ends no process', async () => {
    const pool = new pg.Pool({ connectionString: schema.url, application_name: schema.name });
    const world = createPostgresWorld({ pool, schema: schema.name });
    await world.open();
    await schema.ask('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      schema.name,
    ]);
    expect(await world.runs.list()).toEqual({ runs: [] });
    await world.close();
    await pool.end();
  });
});

test('a process whose main thread computes for longer than its lease keeps its runs', async () => {
  const world = schema.open();
  const leaseMs = 1_200;
  const { claim } = await world.runs.create(runCreated('run_1'), {
    claimFor: { worker: 'worker_a', leaseMs },
  });
  await world.runs.renew({ worker: 'worker_a', leaseMs, claims: [{ claim: claim!, version: 1 }] });
  const still = new Int32Array(new SharedArrayBuffer(4));
  // The thread that renews has had its time to start.
  await new Promise((resolve) => setTimeout(resolve, 300));
  Atomics.wait(still, 0, 0, 4 * leaseMs);
  const other = schema.open();
  const taken = await other.runs.claim({ worker: 'worker_b', leaseMs, limit: 1 });
  expect(taken.claimed).toEqual([]);
  expect(
    await world.runs.renew({ worker: 'worker_a', leaseMs, claims: [{ claim: claim!, version: 1 }] }),
  ).toEqual({
    lost: [],
    moved: [],
  });
  await other.close();
  await world.close();
});

/** What a process prints that does something with a world that listens, until it ends by itself. */
async function printedBy(work: string): Promise<string> {
  const index = new URL('../src/index.ts', import.meta.url).href;
  const options = JSON.stringify({ connectionString: schema.url, schema: schema.name });
  const script = `import { createPostgresWorld } from ${JSON.stringify(index)};
    const world = createPostgresWorld(${options});
    world.runs.watch(() => undefined);
    while (!world.stats().hears) await world.runs.list();
    ${work}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return stdout;
}

test('a process that has nothing more to do ends, though its world listens', async () => {
  const work = `const event = ${JSON.stringify(runCreated('run_1'))};
    await world.runs.create(event, { claimFor: { worker: 'worker_a', leaseMs: 10_000 } });
    console.log('created');`;
  expect(await printedBy(work)).toBe('created\n');
});

test('a process that closes its listening world lives until it is closed', async () => {
  expect(await printedBy(`await world.close(); console.log('closed');`)).toBe('closed\n');
});

test('ended runs are removed by age and state, with their events and streams, in batches', async () => {
  let now = 1_000_000;
  const world = schema.open({ clock: () => now });
  const end = async (runId: string, eventType: string, eventData: object) => {
    const claim = await start(world, runId);
    await world.streams.append(runId, 'out', ['x']);
    const hook = { correlationId: 'hook_1', eventData: { token: `t ${runId}`, retainMs: 900_000 } };
    await world.runs.append(claim, [event(runId, 2, 'hook_created', { ...hook, createdAt: now })], {
      after: 1,
      wakeAt: null,
    });
    await world.runs.append(claim, [event(runId, 3, eventType, { createdAt: now, eventData })], {
      after: 2,
      wakeAt: null,
    });
  };
  for (let n = 0; n < 5; n += 1) await end(`run_old_${n}`, 'run_completed', { output: '1' });
  await end('run_failed', 'run_failed', { error: '"e"', errorCode: 'X' });
  await start(world, 'run_live');
  now += 500_000;
  await end('run_new', 'run_completed', { output: '1' });
  const progress: number[] = [];
  const removed = await world.prune({
    olderThanMs: 400_000,
    statuses: ['completed'],
    batch: 2,
    onProgress: (n) => progress.push(n),
  });
  expect([removed, progress]).toEqual([5, [2, 4, 5]]);
  const { runs } = await world.runs.list();
  expect(runs.map(({ runId }) => runId)).toEqual(['run_new', 'run_live', 'run_failed']);
  for (const table of ['events', 'streams'])
    expect(await schema.ask(`SELECT 1 FROM "${schema.name}".${table} WHERE run_id LIKE 'run_old%'`)).toEqual(
      [],
    );
  expect(await schema.ask(`SELECT count(*)::int AS n FROM "${schema.name}".chunks`)).toEqual([{ n: 2 }]);
  const asks = await start(world, 'run_asks');
  const token = { correlationId: 'hook_1', createdAt: now, eventData: { token: 't run_old_0' } };
  expect(
    await world.runs.append(asks, [event('run_asks', 2, 'hook_created', token)], { after: 1, wakeAt: null }),
  ).toMatchObject({
    kind: 'token-taken',
  });
  expect(await world.prune({ olderThanMs: 0 })).toBe(2);
  for (const wrong of [{ olderThanMs: -1 }, { olderThanMs: Number.NaN }, { olderThanMs: 1, batch: 0 }])
    await expect(world.prune(wrong)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  await expect(world.prune({ olderThanMs: 1, statuses: ['running' as 'failed'] })).rejects.toMatchObject({
    code: 'INPUT_INVALID',
  });
  await world.close();
});

worldConformance(
  { describe, it },
  {
    name: 'postgres behind a pooler in transaction mode',
    async make({ clock }) {
      const own = await temporarySchema();
      const pooler = await startPooler({ url: own.url });
      const open = (options: PostgresWorldOptions = {}) =>
        createPostgresWorld({
          connectionString: pooler.through(own.url),
          schema: own.name,
          clock,
          ...options,
        });
      let world = open();
      const reopen = async () => {
        await world.close();
        world = open();
        return world;
      };
      const dispose = async () => {
        await pooler.close();
        await own.drop();
      };
      return { world, reopen, dispose };
    },
  },
);
