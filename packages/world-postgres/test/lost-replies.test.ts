/** What a process holds without knowing it, and what it was told a moment too early. */
import type { PostgresProxy } from '@workbench/postgres/proxy.ts';
import { startProxy } from '@workbench/postgres/proxy.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeldRuns } from '../src/held-runs.ts';
import { createPostgresWorld, type PostgresWorld, type PostgresWorldOptions } from '../src/index.ts';
import { event, LEASE_MS, runCreated, start } from './events.ts';
import { type TemporarySchema, temporarySchema } from './server.ts';

let schema: TemporarySchema;
let proxy: PostgresProxy;
const opened: PostgresWorld[] = [];

beforeEach(async () => {
  schema = await temporarySchema();
  proxy = await startProxy({ url: schema.url });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((world) => world.close()));
  await proxy.close();
  await schema.drop();
});

async function behindProxy(options: PostgresWorldOptions = {}): Promise<PostgresWorld> {
  const connectionString = proxy.through(schema.url);
  const world = createPostgresWorld({
    connectionString,
    schema: schema.name,
    notifications: 'off',
    ...options,
  });
  opened.push(world);
  await world.open();
  return world;
}

const claimFor = { worker: 'worker_a', leaseMs: LEASE_MS };
const attributes = { eventType: 'attr_set', eventData: { attributes: { value: 'sent' } } } as const;

/** The reply to the next statement of a kind is lost, and the server is out of reach until the returned function is called. */
async function loseReply(when: RegExp): Promise<{ lost: Promise<void>; back: () => Promise<void> }> {
  const injected = proxy.inject({ fault: { kind: 'cut', at: 'reply' }, when });
  const lost = injected.untilHit().then(() => proxy.refuse());
  return { lost, back: () => proxy.accept() };
}

test('a run whose creation was answered late is its creator’s, though others wrote to it meanwhile', async () => {
  const world = await behindProxy();
  const { lost, back } = await loseReply(/create_runs/);
  const creating = world.runs.create(runCreated('run_1'), { claimFor });
  await lost;
  const elsewhere = schema.open();
  opened.push(elsewhere);
  await elsewhere.runs.send('run_1', { ...attributes, key: 'k' });
  await back();
  const { created, claim } = await creating;
  expect([created, claim?.worker]).toEqual([true, 'worker_a']);
  expect(await world.runs.append(claim!, [], { after: 1, wakeAt: null })).toMatchObject({
    kind: 'tail-moved',
  });
  expect(await world.runs.append(claim!, [], { after: 2, wakeAt: null })).toMatchObject({ kind: 'appended' });
});

test('a run that its creator was never told of is found by its next look', async () => {
  const world = await behindProxy({ retryMs: 50 });
  const { lost, back } = await loseReply(/create_runs/);
  const creating = expect(world.runs.create(runCreated('run_1'), { claimFor })).rejects.toMatchObject({
    code: 'STORE_UNREACHABLE',
  });
  await lost;
  await creating;
  await back();
  const { claimed } = await world.runs.claim({ ...claimFor, limit: 5 });
  expect(claimed.map(({ claim }) => claim.runId)).toEqual(['run_1']);
});

/** A run that waits for its hook, and that nobody holds. */
async function waiting(world: PostgresWorld): Promise<void> {
  const claim = await start(world, 'run_1');
  const hook = event('run_1', 2, 'hook_created', { correlationId: 'hook_a', eventData: { token: 't' } });
  await world.runs.append(claim, [hook], { after: 1, wakeAt: null, release: true });
}

const received = {
  eventType: 'hook_received',
  correlationId: 'hook_a',
  eventData: { payload: '1' },
} as const;

test('a run that came with an event is its sender’s, though the reply was lost', async () => {
  const world = await behindProxy();
  await waiting(world);
  const { lost, back } = await loseReply(/\.send\(/);
  const sending = world.runs.send('run_1', { ...received, key: 'k' }, { claimFor });
  await lost;
  await back();
  const { duplicate, claim } = await sending;
  expect([duplicate, claim?.worker]).toEqual([false, 'worker_a']);
  expect((await world.runs.claim({ ...claimFor, limit: 5 })).claimed).toEqual([]);
  expect(await world.runs.append(claim!, [], { after: 3, wakeAt: null })).toMatchObject({ kind: 'appended' });
});

test('a run that its sender was never told of is found by its next look, once', async () => {
  const world = await behindProxy({ retryMs: 50 });
  await waiting(world);
  const { lost, back } = await loseReply(/\.send\(/);
  const sending = expect(
    world.runs.send('run_1', { ...received, key: 'k' }, { claimFor }),
  ).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
  await lost;
  await sending;
  await back();
  const { claimed } = await world.runs.claim({ ...claimFor, limit: 5 });
  expect(claimed.map(({ claim, run }) => [claim.runId, run.version])).toEqual([['run_1', 3]]);
  expect((await world.runs.claim({ ...claimFor, limit: 5 })).claimed).toEqual([]);
});

test('the events that a sender’s claim goes on with are those of the run, without asking', async () => {
  const world = await behindProxy();
  await waiting(world);
  await world.runs.send('run_1', { ...received, key: 'k' }, { claimFor });
  const before = world.stats().statements;
  const events = await world.runs.history('run_1', { after: 2 });
  expect(events.map(({ eventType }) => eventType)).toEqual(['hook_received']);
  expect(world.stats().statements).toBe(before);
  expect((await world.runs.history('run_1', { after: 0 })).length).toBe(3);
});

test('a server that is away is waited for once by all who share a statement', async () => {
  const world = await behindProxy({ retryMs: 50 });
  proxy.cut();
  await proxy.refuse();
  const before = world.stats().statements;
  const creations = Array.from({ length: 40 }, (_, n) => world.runs.create(runCreated(`run_${n}`)));
  const results = await Promise.allSettled(creations);
  expect(results.every(({ status }) => status === 'rejected')).toBe(true);
  expect(world.stats().statements - before).toBeLessThan(40);
});

test('a damaged run keeps nobody from the others, and says so to who reads it', async () => {
  const world = await behindProxy();
  for (const runId of ['run_1', 'run_2', 'run_3']) await world.runs.create(runCreated(runId));
  await schema.ask(`UPDATE "${schema.name}".runs SET status = 'odd' WHERE run_id = 'run_1'`);
  await schema.ask(`UPDATE "${schema.name}".events SET data = '{}' WHERE run_id = 'run_2'`);
  const { claimed } = await world.runs.claim({ ...claimFor, limit: 5 });
  expect(claimed.map(({ claim }) => claim.runId)).toEqual(['run_3']);
  await expect(world.runs.get('run_1')).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
  await expect(world.runs.history('run_2')).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
});

test('a run that ended here and was removed is gone', async () => {
  const world = await behindProxy();
  const claim = await start(world, 'run_1');
  const end = event('run_1', 2, 'run_completed', { eventData: { output: '1' } });
  await world.runs.append(claim, [end], { after: 1, wakeAt: null });
  expect((await world.runs.get('run_1'))?.status).toBe('completed');
  expect(await world.prune({ olderThanMs: 0 })).toBe(1);
  expect(await world.runs.get('run_1')).toBeUndefined();
  await expect(world.runs.history('run_1', { after: 1 })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});

test('events that came with a claim are not all when something was heard since', () => {
  const held = new HeldRuns(() => undefined);
  const began = performance.now();
  expect(held.hadNews('run_1', began)).toBe(false);
  held.hear('run_1');
  expect(held.hadNews('run_1', began)).toBe(true);
  const claim = { runId: 'run_1', worker: 'worker_a', epoch: 1 };
  const { known } = held.hold(claim, { leaseMs: LEASE_MS, now: 0 });
  known.meet([runCreated('run_1')]);
  held.hear('run_1');
  expect(known.takeFresh({ after: 0 })).toBeUndefined();
});
