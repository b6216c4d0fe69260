import assert from 'node:assert/strict';
import type { ClaimRequest } from '../world.ts';
import { LEASE_MS, received, refuses, type Suite } from './bench.ts';
import { hookCreated, runCreated, runStarted } from './events.ts';

const dueTests: Suite = {
  async 'a run is due from its wake time on'(bench) {
    await bench.world.runs.create(runCreated('run_1', bench.now), { wakeAt: bench.now + 100 });
    const early = await bench.world.runs.claim({ worker: 'worker_a', leaseMs: LEASE_MS, limit: 5 });
    assert.deepEqual(early.claimed, []);
    assert.ok(early.nextWakeAt !== null && early.nextWakeAt <= bench.now + 100);
    bench.advance(99);
    assert.deepEqual(await bench.claimedIds(), []);
    bench.advance(1);
    assert.deepEqual(await bench.claimedIds(), ['run_1']);
  },

  async 'with nothing to wait for there is no next wake time'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted], { release: true });
    const { claimed, nextWakeAt } = await bench.world.runs.claim({
      worker: 'worker_a',
      leaseMs: LEASE_MS,
      limit: 5,
    });
    assert.deepEqual([claimed, nextWakeAt], [[], null]);
  },

  async 'a request for some workflows leaves the runs of others alone'(bench) {
    const create = (id: string, workflowName: string, wakeAt: number) => {
      const event = runCreated(id, bench.now);
      return bench.world.runs.create(
        { ...event, eventData: { ...event.eventData, workflowName } },
        { wakeAt },
      );
    };
    await create('run_1', 'orders', bench.now);
    await create('run_2', 'mails', bench.now);
    await create('run_3', 'mails', bench.now + 70);
    await create('run_4', 'bills', bench.now);
    const request = { worker: 'worker_a', leaseMs: LEASE_MS, limit: 5, workflowNames: ['mails', 'nothing'] };
    const { claimed, nextWakeAt } = await bench.world.runs.claim(request);
    assert.deepEqual(
      claimed.map(({ claim }) => claim.runId),
      ['run_2'],
    );
    assert.ok(nextWakeAt !== null && nextWakeAt <= bench.now + 70);
    assert.deepEqual((await bench.claimedIds('worker_b')).toSorted(), ['run_1', 'run_4']);
  },

  async 'the longest due come first, up to the limit'(bench) {
    const wakes = [30, 10, 50, 20, 40];
    for (const wake of wakes) {
      await bench.world.runs.create(runCreated(`run_${wake}`, bench.now), { wakeAt: bench.now + wake });
    }
    bench.advance(45);
    assert.deepEqual(await bench.claimedIds('worker_a', 2), ['run_10', 'run_20']);
    const more = await bench.world.runs.claim({ worker: 'worker_b', leaseMs: LEASE_MS, limit: 1 });
    assert.deepEqual(
      more.claimed.map(({ claim }) => claim.runId),
      ['run_30'],
    );
    assert.ok(more.nextWakeAt !== null && more.nextWakeAt <= bench.now, 'more of them are due');
    assert.deepEqual(await bench.claimedIds('worker_b'), ['run_40']);
    bench.advance(5);
    assert.deepEqual(await bench.claimedIds('worker_b'), ['run_50']);
  },

  async 'a claim comes with the run as it is'(bench) {
    await bench.world.runs.create(runCreated('run_1', bench.now));
    const [taken] = await bench.claim('worker_b');
    assert.deepEqual(taken?.run, await bench.world.runs.get('run_1'));
    assert.deepEqual([taken?.claim.runId, taken?.claim.worker], ['run_1', 'worker_b']);
  },

  async 'each due run goes to exactly one of many concurrent claimers'(bench) {
    for (let n = 0; n < 40; n += 1) await bench.world.runs.create(runCreated(`run_${n}`, bench.now));
    const all = await Promise.all(Array.from({ length: 10 }, (_, n) => bench.claimedIds(`worker_${n}`, 7)));
    const ids = all.flat();
    assert.equal(ids.length, 40);
    assert.equal(new Set(ids).size, 40);
  },

  async 'a request that makes no sense is refused'(bench) {
    const wrong: ReadonlyArray<ClaimRequest & { limit: number }> = [
      { worker: '../w', leaseMs: 10, limit: 1 },
      { worker: '', leaseMs: 10, limit: 1 },
      { worker: 'w', leaseMs: 0, limit: 1 },
      { worker: 'w', leaseMs: Number.NaN, limit: 1 },
      { worker: 'w', leaseMs: 10, limit: -1 },
    ];
    for (const request of wrong) await refuses('INPUT_INVALID', bench.world.runs.claim(request));
  },
};

const leaseTests: Suite = {
  async 'a held run is taken over when its lease ends, not before'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted], { wakeAt: bench.now });
    bench.advance(LEASE_MS - 1);
    assert.deepEqual(await bench.claimedIds('worker_b'), []);
    bench.advance(1);
    assert.deepEqual(await bench.claimedIds('worker_b'), ['run_1']);
    assert.deepEqual(await bench.claimedIds('worker_c'), []);
  },

  async 'a held run without a wake time is not due when its lease ends'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted], { wakeAt: null });
    bench.advance(LEASE_MS * 10);
    assert.deepEqual(await bench.claimedIds('worker_b'), []);
  },

  async 'the next wake time covers the end of a lease'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted], { wakeAt: bench.now });
    const { nextWakeAt } = await bench.world.runs.claim({ worker: 'worker_b', leaseMs: 5, limit: 1 });
    assert.ok(nextWakeAt !== null && nextWakeAt <= bench.now + LEASE_MS);
  },

  async 'renewing extends the lease'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted], { wakeAt: bench.now });
    bench.advance(LEASE_MS - 1);
    const renewal = { worker: 'worker_a', leaseMs: LEASE_MS, claims: [{ claim, version: 2 }] };
    assert.deepEqual(await bench.world.runs.renew(renewal), { lost: [], moved: [] });
    bench.advance(LEASE_MS - 1);
    assert.deepEqual(await bench.claimedIds('worker_b'), []);
    bench.advance(1);
    assert.deepEqual(await bench.claimedIds('worker_b'), ['run_1']);
  },

  async 'a lease that ended but was not taken may still be renewed and written under'(bench) {
    const claim = await bench.start('run_1');
    bench.advance(LEASE_MS * 2);
    const renewal = { worker: 'worker_a', leaseMs: LEASE_MS, claims: [{ claim, version: 1 }] };
    assert.deepEqual(await bench.world.runs.renew(renewal), { lost: [], moved: [] });
    await bench.write(claim, 1, [runStarted]);
    assert.deepEqual(await bench.claimedIds('worker_b'), []);
  },

  async 'renewing tells which claims are lost and which runs have news'(bench) {
    const kept = await bench.start('run_1');
    const lost = await bench.start('run_2');
    const moved = await bench.start('run_3');
    await bench.world.runs.release([lost]);
    await bench.write(moved, 1, [hookCreated('hook_a', 't')]);
    await bench.world.runs.send('run_3', received('key_1', 'hook_a'));
    const claims = [
      { claim: kept, version: 1 },
      { claim: lost, version: 1 },
      { claim: moved, version: 2 },
      { claim: { ...kept, runId: 'run_x' }, version: 1 },
    ];
    assert.deepEqual(await bench.world.runs.renew({ worker: 'worker_a', leaseMs: LEASE_MS, claims }), {
      lost: ['run_2', 'run_x'],
      moved: ['run_3'],
    });
  },

  async 'a released run stays due as its last append said'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted], { wakeAt: bench.now + 50 });
    await bench.world.runs.release([claim, { ...claim, runId: 'run_x' }, { ...claim, epoch: 999 }]);
    assert.deepEqual(await bench.claimedIds('worker_b'), []);
    bench.advance(50);
    assert.deepEqual(await bench.claimedIds('worker_b'), ['run_1']);
  },

  async 'a stale release does not take the claim from its owner'(bench) {
    const stale = await bench.start('run_1');
    await bench.world.runs.release([stale]);
    const [current] = await bench.claim('worker_b');
    assert.ok(current);
    await bench.world.runs.release([stale, { ...current.claim, worker: 'worker_a' }]);
    await bench.write(current.claim, 1, [runStarted]);
  },
};

/** W6: a due run is handed to exactly one worker, and to another when that one stops renewing. */
export const claimTests: Suite = { ...dueTests, ...leaseTests };
