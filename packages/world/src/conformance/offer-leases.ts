import assert from 'node:assert/strict';
import { LEASE_MS, type Suite } from './bench.ts';
import { runPaused, stepOffered } from './events.ts';
import { claimSteps, completed, offer, takeStep } from './offered.ts';

/** O3: one worker at a time, and another within the lease when that one is gone. */
export const offerLeaseTests: Suite = {
  async 'a held step is handed out again when its lease ends, not before, as the next attempt'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    await takeStep(bench, 'worker_b');
    bench.advance(LEASE_MS - 1);
    assert.deepEqual(await claimSteps(bench, 'worker_c'), []);
    bench.advance(1);
    const again = await takeStep(bench, 'worker_c');
    assert.deepEqual([again.claim.attempt, again.claim.worker, again.failures], [2, 'worker_c', 0]);
    assert.deepEqual(again.started.eventData, { attempt: 2, worker: 'worker_c' });
    assert.deepEqual(await claimSteps(bench, 'worker_d'), []);
  },

  async 'a renewed step is never handed out again'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    const { claim } = await takeStep(bench);
    const renewal = { worker: 'worker_b', leaseMs: LEASE_MS, claims: [claim] };
    for (let n = 0; n < 5; n += 1) {
      bench.advance(LEASE_MS - 1);
      assert.deepEqual(await claimSteps(bench, 'worker_c'), []);
      assert.deepEqual(await bench.world.steps.renew(renewal), { lost: [] });
    }
    assert.equal((await bench.world.steps.finish(claim, completed)).kind, 'finished');
  },

  async 'a lease that ended but was not taken may still be renewed and finished under'(bench) {
    await offer(bench, 'run_1', ['step_a', 'step_b']);
    const [a, b] = await claimSteps(bench);
    bench.advance(LEASE_MS * 2);
    assert.equal((await bench.world.steps.finish(a!.claim, completed)).kind, 'finished');
    const renewal = { worker: 'worker_b', leaseMs: LEASE_MS, claims: [b!.claim] };
    assert.deepEqual(await bench.world.steps.renew(renewal), { lost: [] });
    assert.deepEqual(await claimSteps(bench, 'worker_c'), []);
  },

  async 'renewing tells which claims are lost'(bench) {
    await offer(bench, 'run_1', ['step_a', 'step_b', 'step_c']);
    const [kept, ended, released] = (await claimSteps(bench)).map(({ claim }) => claim);
    await bench.world.steps.finish(ended!, completed);
    await bench.world.steps.release([released!]);
    const claims = [
      kept!,
      ended!,
      released!,
      { ...kept!, attempt: 2 },
      { ...kept!, runId: 'run_x' },
      { ...kept!, correlationId: 'step_x' },
    ];
    const renewal = { worker: 'worker_b', leaseMs: LEASE_MS, claims };
    assert.deepEqual(await bench.world.steps.renew(renewal), { lost: claims.slice(1) });
    const stranger = { worker: 'worker_c', leaseMs: LEASE_MS, claims: [kept!] };
    assert.deepEqual(await bench.world.steps.renew(stranger), { lost: [kept] });
  },

  async 'a claim that another worker took over is lost: its finish writes nothing'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    const { claim: stale } = await takeStep(bench, 'worker_b');
    bench.advance(LEASE_MS);
    const { claim } = await takeStep(bench, 'worker_c');
    const { steps } = bench.world;
    assert.deepEqual(await steps.finish(stale, completed), { kind: 'claim-lost' });
    assert.deepEqual(await steps.finish({ ...claim, worker: 'worker_b' }, completed), {
      kind: 'claim-lost',
    });
    assert.equal((await bench.types('run_1')).length, 6);
    assert.deepEqual(await steps.finish(claim, completed), { kind: 'finished', version: 7 });
    assert.deepEqual(await steps.finish(stale, completed), { kind: 'claim-lost' }, 'it was not its end');
  },

  async 'a released step may be claimed at once, and its claim is lost'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    const { claim } = await takeStep(bench, 'worker_b');
    const { steps } = bench.world;
    await steps.release([
      { ...claim, runId: 'run_x' },
      { ...claim, attempt: 9 },
    ]);
    assert.deepEqual(await claimSteps(bench, 'worker_c'), []);
    await steps.release([claim]);
    assert.deepEqual(await steps.finish(claim, completed), { kind: 'claim-lost' });
    const again = await takeStep(bench, 'worker_c');
    assert.equal(again.claim.attempt, 2);
    await steps.release([claim]);
    assert.deepEqual(await claimSteps(bench, 'worker_d'), [], 'a stale release takes nothing away');
  },

  async 'what was cut off too often waits longer each time'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    for (const wait of [0, 0, 0, 0, 1_000, 2_000, 4_000]) {
      if (wait > 0) {
        bench.advance(wait - 1);
        const request = { worker: 'worker_b', leaseMs: LEASE_MS, limit: 1 };
        assert.deepEqual(await bench.world.steps.claim(request), { claimed: [], nextDueAt: bench.now + 1 });
        bench.advance(1);
      }
      const { claim } = await takeStep(bench);
      await bench.world.steps.release([claim]);
    }
  },

  async 'attempts that failed do not count as cut off'(bench) {
    const owner = await offer(bench, 'run_1', ['step_a']);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const { claim } = await takeStep(bench);
      assert.equal(claim.attempt, attempt);
      const eventData = { attempt, error: '"e"', retryAt: bench.now };
      const { version } = (await bench.world.steps.finish(claim, {
        eventType: 'step_retrying',
        eventData,
      })) as { version: number };
      await bench.write(owner, version, [stepOffered('step_a', attempt)]);
    }
    assert.equal((await takeStep(bench)).failures, 5);
  },

  async 'a pause withdraws nothing'(bench) {
    const owner = await offer(bench, 'run_1', ['step_a']);
    await bench.write(owner, 4, [runPaused], { release: true });
    const { claim } = await takeStep(bench);
    assert.deepEqual(await bench.world.steps.finish(claim, completed), { kind: 'finished', version: 7 });
    assert.deepEqual(await bench.claimedIds(), ['run_1']);
  },
};
