import assert from 'node:assert/strict';
import { LEASE_MS, received, refuses, type Suite } from './bench.ts';
import { hookCreated, runCompleted, runStarted, stepCreated } from './events.ts';

/** W3: not at the tail or without the claim, nothing is written. */
export const fenceTests: Suite = {
  async 'an append behind the tail writes nothing and says exactly what it missed'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted, hookCreated('hook_a', 'token')]);
    await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    await bench.world.runs.send('run_1', received('key_2', 'hook_a'));
    const result = await bench.append(claim, 3, [stepCreated('step_a')]);
    assert.equal(result.kind, 'tail-moved');
    const missed = (result as { missed: unknown[] }).missed;
    assert.deepEqual(missed, await bench.world.runs.history('run_1', { after: 3 }));
    assert.equal(missed.length, 2);
    await bench.write(claim, 5, [stepCreated('step_a')]);
  },

  async 'a stale release writes nothing, keeps the claim and says what it missed'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 'token')]);
    await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    const result = await bench.append(claim, 2, [], { release: true });
    assert.equal(result.kind, 'tail-moved');
    assert.deepEqual(await bench.claimedIds('worker_b'), []);
    await bench.write(claim, 3, [stepCreated('step_a')]);
  },

  async 'a tail beyond the history is refused'(bench) {
    const claim = await bench.start('run_1');
    await refuses('INPUT_INVALID', bench.append(claim, 5, [runStarted]));
  },

  async 'a claim that another worker took over is lost'(bench) {
    const stale = await bench.start('run_1');
    await bench.write(stale, 1, [runStarted], { wakeAt: bench.now });
    bench.advance(LEASE_MS);
    const [taken] = await bench.claim('worker_b');
    assert.ok(taken && taken.claim.epoch > stale.epoch, 'the epoch grows with every claim');
    assert.deepEqual(await bench.append(stale, 2, [stepCreated('step_a')]), { kind: 'claim-lost' });
    await bench.write(taken.claim, 2, [stepCreated('step_a')]);
  },

  async 'a claim of an earlier epoch by the same worker is lost'(bench) {
    const stale = await bench.start('run_1');
    await bench.write(stale, 1, [], { wakeAt: bench.now, release: true });
    const [current] = await bench.claim();
    assert.ok(current);
    assert.deepEqual(await bench.append(stale, 1, [runStarted]), { kind: 'claim-lost' });
    await bench.write(current.claim, 1, [runStarted]);
  },

  async 'a claim under the name of another worker is lost'(bench) {
    const claim = await bench.start('run_1');
    assert.deepEqual(await bench.append({ ...claim, worker: 'worker_b' }, 1, [runStarted]), {
      kind: 'claim-lost',
    });
    assert.deepEqual(await bench.types('run_1'), ['run_created']);
  },

  async 'a released claim is lost'(bench) {
    const claim = await bench.start('run_1');
    await bench.world.runs.release([claim]);
    assert.deepEqual(await bench.append(claim, 1, [runStarted]), { kind: 'claim-lost' });
  },

  async 'a claim given back by an append is lost'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted], { release: true });
    assert.deepEqual(await bench.append(claim, 2, [stepCreated('step_a')]), { kind: 'claim-lost' });
  },

  async 'a claim of an ended or unknown run is lost'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runCompleted]);
    assert.deepEqual(await bench.append(claim, 2, [runStarted]), { kind: 'claim-lost' });
    assert.deepEqual(await bench.append({ ...claim, runId: 'run_x' }, 1, [runStarted]), {
      kind: 'claim-lost',
    });
  },

  async 'the claim is looked at before the tail'(bench) {
    const claim = await bench.start('run_1');
    await bench.world.runs.release([claim]);
    assert.deepEqual(await bench.append(claim, 0, []), { kind: 'claim-lost' });
  },

  async 'claims do not outlive the process'(bench) {
    const stale = await bench.start('run_1');
    await bench.write(stale, 1, [runStarted], { wakeAt: bench.now });
    if (!(await bench.reopen())) return;
    bench.advance(LEASE_MS);
    const [taken] = await bench.claim('worker_a');
    assert.ok(taken && taken.claim.epoch > stale.epoch);
    assert.deepEqual(await bench.append(stale, 2, [stepCreated('step_a')]), { kind: 'claim-lost' });
  },
};
