import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Claimed, Event, Hint } from '@perdure/world';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  append,
  hookCreated,
  LEASE_MS,
  openWorld,
  received,
  runCompleted,
  runCreated,
  runStarted,
  start,
  stepCreated,
  temporaryDirectory,
  until,
} from './fixture.ts';
import { Peer } from './peer.ts';

const claimRequest = { worker: 'worker_b', leaseMs: LEASE_MS, limit: 9 };
const cancellation = { eventType: 'run_cancelled', key: 'key_c', eventData: {} } as const;

/** Leaves a message, and waits until the driver took it: at that look it would give way. */
async function answered(dataDir: string, runId: string): Promise<void> {
  const event = { eventType: 'attr_set', key: 'key_a', eventData: { attributes: {} } };
  const name = '000001700000000-00000000-0000-4000-8000-000000000000.json';
  writeFileSync(join(dataDir, 'inbox', name), JSON.stringify({ kind: 'send', runId, event }));
  await until(() => existsSync(join(dataDir, 'inbox', name.replace('json', 'reply'))), 'a look at the inbox');
}

test('one of two worlds drives; the other reads, and hands on what it creates and sends', async () => {
  const dataDir = temporaryDirectory();
  const driver = openWorld({ dataDir });
  const other = openWorld({ dataDir });
  const claim = await start(driver, 'run_1');
  await append(driver, claim, 1, [runStarted, hookCreated('hook_a', 'token')]);
  expect([driver.stats().driving, other.stats().driving]).toEqual([true, false]);
  expect(await other.runs.history('run_1')).toStrictEqual(await driver.runs.history('run_1'));
  expect(await other.runs.hookByToken('token')).toStrictEqual(await driver.runs.hookByToken('token'));
  const bytes = new Uint8Array([0, 255]);
  const sent = await other.runs.send('run_1', received('key_1', 'hook_a', bytes));
  expect(sent).toMatchObject({ duplicate: false, event: { version: 4, eventData: { payload: bytes } } });
  expect(await driver.runs.history('run_1', { after: 3 })).toStrictEqual([sent.event]);
  expect(await other.runs.send('run_1', received('key_1', 'hook_a'))).toStrictEqual({
    event: sent.event,
    duplicate: true,
  });
  const created = await other.runs.create(runCreated('run_2', bytes), {
    claimFor: { worker: 'worker_b', leaseMs: LEASE_MS },
  });
  expect(created.created).toBe(true);
  expect(created.claim, 'only the driver gives claims').toBeUndefined();
  expect((await driver.runs.claim(claimRequest)).claimed.map((item) => item.claim.runId)).toEqual(['run_2']);
  expect(await other.runs.append(claim, [], { after: 4, wakeAt: null })).toEqual({ kind: 'claim-lost' });
  expect(readdirSync(join(dataDir, 'inbox'))).toEqual([]);
});

test('refusals of the driver come back as they are', async () => {
  const dataDir = temporaryDirectory();
  const driver = openWorld({ dataDir });
  const other = openWorld({ dataDir });
  const claim = await start(driver, 'run_1');
  const refused = async (call: Promise<unknown>, code: string) => {
    await expect(call).rejects.toMatchObject({ name: 'WorldError', code, hint: expect.any(String) });
  };
  await refused(other.runs.send('run_x', cancellation), 'RUN_NOT_FOUND');
  await refused(other.runs.send('../run_1', cancellation), 'RUN_NOT_FOUND');
  await refused(other.runs.send('run_1', cancellation, { after: 7 }), 'TAIL_MOVED');
  await refused(other.runs.send('run_1', received('key_1', 'hook_x')), 'HOOK_NOT_FOUND');
  await refused(
    other.runs.send('run_1', { eventType: 'run_resumed', key: 'k', eventData: {} }),
    'HISTORY_INVALID',
  );
  await refused(other.runs.create({ ...runCreated('run_1'), runId: '../x' }), 'INPUT_INVALID');
  const { eventData } = runCreated('run_1');
  const foreign = { ...runCreated('run_1'), eventData: { ...eventData, workflowName: 'other' } };
  await refused(other.runs.create(foreign), 'RUN_EXISTS');
  await append(driver, claim, 1, [runCompleted]);
  await refused(other.runs.send('run_1', cancellation), 'RUN_ENDED');
  await refused(other.clear(), 'DRIVER_BUSY');
});

test('a world that does not drive hears of runs that move and end', async () => {
  const dataDir = temporaryDirectory();
  const driver = openWorld({ dataDir });
  const claim = await start(driver, 'run_1');
  const other = openWorld({ dataDir });
  const hints: Hint[] = [];
  other.runs.watch((hint) => hints.push(hint));
  await append(driver, claim, 1, [runStarted]);
  await until(() => hints.some(({ kind }) => kind === 'moved'), 'a hint that the run moved');
  await append(driver, claim, 2, [runCompleted]);
  await until(() => hints.some(({ kind }) => kind === 'ended'), 'a hint that the run ended');
});

test('the lock is free again when its world closes', async () => {
  const dataDir = temporaryDirectory();
  const first = openWorld({ dataDir });
  const second = openWorld({ dataDir });
  await start(first, 'run_1');
  const idle = await second.runs.claim(claimRequest);
  expect(idle.claimed).toEqual([]);
  expect(idle.lookAgainMs).toBeLessThanOrEqual(1000);
  await first.close();
  expect((await second.runs.claim(claimRequest)).claimed).toHaveLength(1);
});

test('when the driving process is killed, another takes over with everything that was acknowledged', async () => {
  const dataDir = temporaryDirectory();
  const peer = await Peer.start(dataDir);
  const created = await peer.call<{ claim: never }>('create', runCreated('run_1'), {
    claimFor: { worker: 'worker_a', leaseMs: 1_000_000 },
  });
  const world = openWorld({ dataDir });
  const started = { ...runCreated('run_1'), ...runStarted, version: 2, eventId: 'evnt_0000000002' };
  await peer.call('append', created.claim, [started], { after: 1, wakeAt: 1000 });
  expect((await world.runs.claim(claimRequest)).claimed).toEqual([]);
  expect(await world.runs.history('run_1')).toHaveLength(2);
  await peer.kill();
  const { claimed } = await world.runs.claim(claimRequest);
  expect(claimed.map(({ claim, run }) => [claim.runId, run.version])).toEqual([['run_1', 2]]);
  expect(await world.runs.append(created.claim, [], { after: 2, wakeAt: null })).toEqual({
    kind: 'claim-lost',
  });
  expect(await append(world, claimed[0]!.claim, 2, [stepCreated('step_a')])).toMatchObject({ version: 3 });
});

test('what is sent while the driver dies is applied once by whoever comes next', async () => {
  const dataDir = temporaryDirectory();
  const peer = await Peer.start(dataDir);
  await peer.call('create', runCreated('run_1'));
  const world = openWorld({ dataDir });
  // A stopped process holds the lock and answers nobody; then it dies with the message unanswered.
  peer.process.kill('SIGSTOP');
  const sending = world.runs.send('run_1', cancellation);
  await until(() => readdirSync(join(dataDir, 'inbox')).length > 0, 'a message in the inbox');
  await peer.kill();
  expect(await sending).toMatchObject({ duplicate: false, event: { version: 2 } });
  expect(world.stats().driving).toBe(true);
  expect(await world.runs.get('run_1')).toMatchObject({ status: 'cancelled', version: 2 });
});

test('a world that only creates and sends gives way to one that claims, and takes nothing back from it', async () => {
  const dataDir = temporaryDirectory();
  const sender = openWorld({ dataDir });
  await sender.runs.create(runCreated('run_1'));
  expect(sender.stats().driving).toBe(true);
  const worker = openWorld({ dataDir });
  const claimed: string[] = [];
  await until(async () => {
    const answer = await worker.runs.claim(claimRequest);
    claimed.push(...answer.claimed.map(({ claim }) => claim.runId));
    return claimed.length > 0;
  }, 'the worker to drive');
  expect(claimed).toEqual(['run_1']);
  expect([sender.stats().driving, worker.stats().driving]).toEqual([false, true]);
  expect(await sender.runs.send('run_1', cancellation)).toMatchObject({ duplicate: false });
  expect(await worker.runs.get('run_1')).toMatchObject({ status: 'cancelled', version: 2 });
});

test('a world that claims keeps driving while another waits', async () => {
  const dataDir = temporaryDirectory();
  const worker = openWorld({ dataDir });
  await start(worker, 'run_1');
  const other = openWorld({ dataDir });
  expect((await other.runs.claim(claimRequest)).claimed).toEqual([]);
  const before = worker.stats().reads;
  await answered(dataDir, 'run_1');
  expect((await other.runs.claim(claimRequest)).claimed).toEqual([]);
  expect(worker.stats()).toMatchObject({ driving: true, reads: before });
});

test('a world whose worker has stopped gives way to one that claims, not before it holds no claim', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const dataDir = temporaryDirectory();
  const stopped = openWorld({ dataDir });
  const claim = await start(stopped, 'run_1');
  await stopped.runs.claim(claimRequest);
  const next = openWorld({ dataDir });
  const looks = async (): Promise<string[]> => {
    const { claimed } = await next.runs.claim({ ...claimRequest, worker: 'worker_c' });
    return claimed.map((item) => item.claim.runId);
  };
  vi.setSystemTime(Date.now() + 11_000);
  expect(await looks()).toEqual([]);
  await answered(dataDir, 'run_1');
  expect(stopped.stats().driving, 'it holds a claim').toBe(true);
  await stopped.runs.release([claim]);
  const taken: string[] = [];
  await until(async () => {
    taken.push(...(await looks()));
    return taken.length > 0;
  }, 'the next worker to drive');
  expect(taken).toEqual(['run_1']);
  expect([stopped.stats().driving, next.stats().driving]).toEqual([false, true]);
});

test('a message whose sender died is applied all the same', async () => {
  const dataDir = temporaryDirectory();
  const peer = await Peer.start(dataDir);
  const driver = openWorld({ dataDir });
  await start(driver, 'run_1');
  const inbox = join(dataDir, 'inbox');
  const name = '000001700000000-00000000-0000-4000-8000-000000000000.json';
  const event = { eventType: 'run_cancelled', key: 'key_c', eventData: {} };
  writeFileSync(join(inbox, name), JSON.stringify({ kind: 'send', runId: 'run_1', event }));
  await until(
    async () => (await driver.runs.get('run_1'))?.status === 'cancelled',
    'the run to be cancelled',
  );
  await peer.kill();
});

test('messages that are none are answered, strange files stay, and the driver goes on', async () => {
  const dataDir = temporaryDirectory();
  const driver = openWorld({ dataDir });
  await start(driver, 'run_1');
  const inbox = join(dataDir, 'inbox');
  const bad = '000001700000000-00000000-0000-4000-8000-00000000000';
  const texts = [
    '',
    'null',
    '[]',
    '{"kind":"drop"}',
    '{"kind":"send","runId":"run_1","event":{"eventData":null}}',
  ];
  for (const [n, text] of texts.entries()) writeFileSync(join(inbox, `${bad}${n}.json`), text);
  writeFileSync(join(inbox, 'note.txt'), 'mine');
  await until(() => readdirSync(inbox).every((name) => !name.endsWith('.json')), 'the messages to be taken');
  expect(readdirSync(inbox).filter((name) => name.endsWith('.reply'))).toHaveLength(texts.length);
  expect(readdirSync(inbox)).toContain('note.txt');
  const other = openWorld({ dataDir });
  expect(await other.runs.send('run_1', cancellation)).toMatchObject({ duplicate: false });
  // Left-over replies go with the next opening.
  await driver.close();
  await until(() => openWorld({ dataDir }).runs.claim(claimRequest), 'an opening');
  for (const name of readdirSync(inbox)) utimesSync(join(inbox, name), 0, 0);
  await until(() => readdirSync(inbox).length === 1, 'the replies to be swept');
});

test('two processes that create and send at the same time lose and repeat nothing', async () => {
  const dataDir = temporaryDirectory();
  const peers = await Promise.all([Peer.start(dataDir), Peer.start(dataDir), Peer.start(dataDir)]);
  const created = await Promise.all(
    peers.flatMap((peer) =>
      Array.from({ length: 10 }, (_, n) => peer.call<{ created: boolean }>('create', runCreated(`run_${n}`))),
    ),
  );
  expect(created.filter((item) => item.created)).toHaveLength(10);
  const [first] = peers;
  const claims = await Promise.all(
    peers.map((peer) => peer.call<{ claimed: Claimed[] }>('claim', claimRequest)),
  );
  expect(claims.filter(({ claimed }) => claimed.length > 0)).toHaveLength(1);
  const sent = await Promise.all(
    peers.map((peer, n) =>
      peer.call<{ duplicate: boolean }>('send', `run_${n % 2}`, { ...cancellation, key: `key_${n % 2}` }),
    ),
  );
  expect(sent.filter(({ duplicate }) => !duplicate)).toHaveLength(2);
  expect(await first!.call<Event[]>('history', 'run_0')).toHaveLength(2);
});
