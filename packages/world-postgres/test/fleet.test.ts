/** Several processes on one database: what one leaves another finds. */
import type { Hint, World } from '@perdure/world';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PostgresWorld } from '../src/index.ts';
import { event, LEASE_MS, runCreated, start, until } from './events.ts';
import { type TemporarySchema, temporarySchema } from './server.ts';

let schema: TemporarySchema;
let one: PostgresWorld;
let other: PostgresWorld;
beforeEach(async () => {
  schema = await temporarySchema();
  one = schema.open();
  other = schema.open();
});
afterEach(async () => {
  await Promise.all([one.close(), other.close()]);
  await schema.drop();
});

const claimOf = async (world: World, worker: string, more: object = {}) =>
  (await world.runs.claim({ worker, leaseMs: LEASE_MS, limit: 10, ...more })).claimed.map(
    ({ claim }) => claim,
  );

describe('notifications', () => {
  test('tell another process of runs that are due, moved and ended', async () => {
    const hints: Hint[] = [];
    other.runs.watch((hint) => hints.push(hint));
    await until(() => other.stats().hears);
    const heard = (kind: Hint['kind']) =>
      until(() => hints.some((hint) => hint.kind === kind && hint.runId === 'run_1'));
    await one.runs.create(runCreated('run_1'));
    await heard('due');
    const [claim] = await claimOf(one, 'worker_a');
    const hook = { correlationId: 'hook_1', eventData: { token: 't' } };
    await one.runs.append(claim!, [event('run_1', 2, 'hook_created', hook)], { after: 1, wakeAt: null });
    const payload = { correlationId: 'hook_1', eventData: { payload: '1' } };
    await one.runs.send('run_1', { eventType: 'hook_received', key: 'k', ...payload });
    await heard('moved');
    const createdAt = one.now() + 1_000;
    const end = event('run_1', 4, 'run_completed', { createdAt, eventData: { output: '1' } });
    await one.runs.append(claim!, [end], { after: 3, wakeAt: null });
    await heard('ended');
  });

  test('tell a reader elsewhere of chunks', async () => {
    await start(one, 'run_1');
    let news = 0;
    other.streams.watch('run_1', 'a name with blanks', () => {
      news += 1;
    });
    await until(() => other.stats().hears);
    await one.streams.append('run_1', 'a name with blanks', ['x']);
    await until(() => news > 0);
  });

  test('come back after their connection was ended', async () => {
    const hints: Hint[] = [];
    other.runs.watch((hint) => hints.push(hint));
    await until(() => other.stats().hears);
    await schema.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1`, [
      `LISTEN "${schema.name}"`,
    ]);
    await until(() => !other.stats().hears);
    await until(() => other.stats().hears);
    await one.runs.create(runCreated('run_1'));
    await until(() => hints.some(({ kind }) => kind === 'due'));
  });

  test('that nobody listened to are known to be missed: whoever waits is told to look', async () => {
    const hints: Hint[] = [];
    let news = 0;
    other.runs.watch((hint) => hints.push(hint));
    other.streams.watch('run_1', 'out', () => {
      news += 1;
    });
    await until(() => other.stats().hears);
    hints.length = 0;
    news = 0;
    await schema.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1`, [
      `LISTEN "${schema.name}"`,
    ]);
    await until(() => !other.stats().hears);
    await start(one, 'run_1');
    await one.streams.append('run_1', 'out', ['x']);
    await until(() => hints.length > 0 && news > 0);
    expect(hints).toEqual([{ runId: '', kind: 'missed' }]);
  });

  test('are waited for less when they are off, and least after something was found', async () => {
    const deaf = schema.open({ notifications: 'off' });
    deaf.runs.watch(() => undefined);
    const look = async () =>
      (await deaf.runs.claim({ worker: 'w', leaseMs: LEASE_MS, limit: 1 })).lookAgainMs;
    const idle = [
      await look(),
      await look(),
      await look(),
      await look(),
      await look(),
      await look(),
      await look(),
    ];
    expect(idle).toEqual(idle.toSorted((left, right) => left - right));
    await one.runs.create(runCreated('run_1'));
    expect(await look()).toBeLessThan(idle[0]!);
    expect(deaf.stats().hears).toBe(false);
    await deaf.close();
  });
});

describe('due runs', () => {
  test('are shared over workflows, however many one of them has', async () => {
    const create = (runId: string, workflowName: string, wakeAt: number) =>
      one.runs.create(runCreated(runId, { workflowName }), { wakeAt });
    await Promise.all(Array.from({ length: 60 }, (_, n) => create(`run_many_${n}`, 'many', n)));
    for (const n of [1, 2, 3]) await create(`run_few_${n}`, 'few', 1_000 + n);
    const claims = await claimOf(other, 'worker_b');
    expect(claims).toHaveLength(10);
    expect(claims.filter(({ runId }) => runId.startsWith('run_few'))).toHaveLength(3);
    const longest = claims.map(({ runId }) => runId).filter((runId) => runId.startsWith('run_many'));
    expect(longest).toEqual(Array.from({ length: 7 }, (_, n) => `run_many_${n}`));
  });

  test('of a process whose lease has ended go on elsewhere, and what it brings later changes nothing', async () => {
    const { claim } = await one.runs.create(runCreated('run_1'), {
      claimFor: { worker: 'worker_a', leaseMs: 100 },
    });
    await one.runs.append(claim!, [event('run_1', 2, 'run_started')], { after: 1, wakeAt: 5 });
    let taken: Awaited<ReturnType<typeof claimOf>> = [];
    await until(async () => {
      taken = await claimOf(other, 'worker_b');
      return taken.length > 0;
    });
    const late = [event('run_1', 3, 'run_completed', { eventData: { output: '1' } })];
    expect(await one.runs.append(claim!, late, { after: 2, wakeAt: null })).toEqual({ kind: 'claim-lost' });
    expect(await other.runs.history('run_1')).toHaveLength(2);
    expect(await claimOf(one, 'worker_a')).toEqual([]);
  });

  test('that a holder says nothing of are given back, though its process is alive', async () => {
    const forgotten = await one.runs.create(runCreated('run_1'), {
      claimFor: { worker: 'worker_a', leaseMs: 100 },
    });
    const kept = await one.runs.create(runCreated('run_2'), {
      claimFor: { worker: 'worker_a', leaseMs: 100 },
    });
    expect(forgotten.claim && kept.claim).toBeDefined();
    const claims = [{ claim: kept.claim!, version: 1 }];
    let ids: string[] = [];
    await until(async () => {
      await one.runs.renew({ worker: 'worker_a', leaseMs: 100, claims });
      ids = (await claimOf(other, 'worker_b')).map(({ runId }) => runId);
      return ids.length > 0;
    });
    expect(ids).toEqual(['run_1']);
  });
});

test('the clock of a world is the server’s, however wrong the machine’s is', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  try {
    await other.open();
    const [row] = await schema.ask('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now');
    const ahead = other.now() - Number(row!.now);
    expect(ahead).toBeLessThanOrEqual(0);
    expect(ahead).toBeGreaterThan(-60_000);
  } finally {
    vi.useRealTimers();
  }
});
