/** What Postgres can do at best, measured beside the workloads. */
import { once } from 'node:events';
import { Client, Pool } from 'pg';
import { median, round } from './statistics.ts';

export interface PostgresLimits {
  /** One INSERT of 600 bytes, a transaction of its own, over one connection: the mean of 200 in a row, as a step of a run of 200 is. */
  readonly pg_insert_ms: number;
  readonly pg_insert_8conn_per_s: number;
  /** From NOTIFY to the listening connection. */
  readonly pg_notify_ms: number;
}

const insert = 'INSERT INTO bench_limits (id, data) VALUES ($1, $2)';
const line = 'x'.repeat(600);
const insertRows = 5;
const insertsInARow = 200;
let next = 0;

function newRow(): unknown[] {
  next += 1;
  return [`${process.pid}_${next}`, line];
}

export async function measurePostgresLimits(connectionString: string): Promise<PostgresLimits> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query('DROP TABLE IF EXISTS bench_limits');
  await client.query('CREATE TABLE bench_limits (id text PRIMARY KEY, data text)');
  const means: number[] = [];
  for (let row = 0; row < insertRows; row += 1)
    means.push(await meanInARow(() => client.query(insert, newRow())));
  const pg_insert_ms = round(median(means));
  const pg_insert_8conn_per_s = await insertsPerSecond(connectionString);
  const listener = new Client({ connectionString });
  await listener.connect();
  await listener.query('LISTEN bench_limits');
  const pg_notify_ms = await timed(200, async () => {
    const heard = once(listener, 'notification');
    await client.query(`SELECT pg_notify('bench_limits', '')`);
    await heard;
  });
  await listener.end();
  await client.query('DROP TABLE bench_limits');
  await client.end();
  return { pg_insert_ms, pg_insert_8conn_per_s, pg_notify_ms };
}

async function timed(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  }
  return round(median(times));
}

/** The mean of as many as there are in a row. */
async function meanInARow(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < insertsInARow; i += 1) await work();
  return (performance.now() - begin) / insertsInARow;
}

/** INSERTs in a row between the iterations of a workload: a machine whose disk has good and bad seconds has them for both. */
export async function insertsBeside(connectionString: string): Promise<{
  /** The mean of the next row, in milliseconds. */
  row(): Promise<number>;
  close(): Promise<void>;
}> {
  const client = new Client({ connectionString });
  await client.connect();
  const name = `bench_beside_${process.pid}`;
  await client.query(`CREATE TABLE ${name} (id text PRIMARY KEY, data text)`);
  return {
    row: () => meanInARow(() => client.query(`INSERT INTO ${name} (id, data) VALUES ($1, $2)`, newRow())),
    async close() {
      await client.query(`DROP TABLE ${name}`);
      await client.end();
    },
  };
}

async function insertsPerSecond(connectionString: string): Promise<number> {
  const pool = new Pool({ connectionString, max: 8 });
  const count = 2_000;
  const begin = performance.now();
  await Promise.all(Array.from({ length: count }, () => pool.query(insert, newRow())));
  const seconds = (performance.now() - begin) / 1_000;
  await pool.end();
  return Math.round(count / seconds);
}
