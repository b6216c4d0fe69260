import assert from 'node:assert/strict';
import type { EventOf } from '../event.ts';
import { LEASE_MS, refuses, type Suite } from './bench.ts';
import { runCompleted, runCreated, runStarted } from './events.ts';

export const creationTests: Suite = {
  async 'a new run is pending, due at once and has one event'(bench) {
    const event = runCreated('run_1', bench.now);
    const { run, created, claim } = await bench.world.runs.create(event);
    assert.deepEqual([created, claim], [true, undefined]);
    assert.deepEqual(run, {
      runId: 'run_1',
      workflowName: 'flow',
      program: 'abc123',
      status: 'pending',
      version: 1,
      createdAt: bench.now,
      updatedAt: bench.now,
      attributes: {},
    });
    assert.deepEqual(await bench.world.runs.get('run_1'), run);
    assert.deepEqual(await bench.world.runs.history('run_1'), [event]);
    assert.deepEqual(await bench.claimedIds(), ['run_1']);
  },

  async 'creating again answers with the run as it is by now and claims nothing'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted]);
    const again = await bench.world.runs.create(runCreated('run_1', bench.now + 5, { program: 'def' }), {
      claimFor: { worker: 'worker_b', leaseMs: LEASE_MS },
    });
    assert.deepEqual([again.created, again.claim, again.run.version], [false, undefined, 2]);
    await bench.write(claim, 2, [runCompleted]);
    const late = await bench.world.runs.create(runCreated('run_1', bench.now));
    assert.deepEqual([late.created, late.run.status], [false, 'completed']);
    assert.equal((await bench.types('run_1')).length, 3);
  },

  async 'an id that a run of another workflow has is refused'(bench) {
    const claim = await bench.start('run_1');
    const other = runCreated('run_1', bench.now, { workflowName: 'other' });
    await refuses('RUN_EXISTS', bench.world.runs.create(other));
    await bench.write(claim, 1, [runCompleted]);
    await refuses('RUN_EXISTS', bench.world.runs.create(other));
  },

  async 'concurrent creations of one id make one run'(bench) {
    const results = await Promise.all(
      Array.from({ length: 5 }, () => bench.world.runs.create(runCreated('run_1', bench.now))),
    );
    assert.equal(results.filter(({ created }) => created).length, 1);
  },

  async 'claimFor gives the creator the run and nobody else'(bench) {
    const claim = await bench.start('run_1', 'worker_b');
    assert.deepEqual([claim.runId, claim.worker], ['run_1', 'worker_b']);
    assert.deepEqual(await bench.claimedIds('worker_a'), []);
    bench.advance(LEASE_MS);
    assert.deepEqual(await bench.claimedIds('worker_a'), ['run_1'], 'due by default when its creator dies');
  },

  async 'an event that creates no run is refused'(bench) {
    const good = runCreated('run_1', bench.now);
    const wrong: unknown[] = [
      { ...good, version: 2 },
      { ...good, version: 2, eventId: 'evnt_0000000002' },
      { ...good, eventId: 'evnt_1' },
      { ...good, runId: '../run_1' },
      { ...good, runId: '' },
      { ...good, runId: 'a'.repeat(129) },
      { ...good, createdAt: Number.NaN },
      { ...good, eventData: { ...good.eventData, workflowName: '' } },
      { ...good, eventData: { ...good.eventData, input: 7 } },
      { ...good, eventData: null },
      { ...good, eventType: 'run_started', eventData: {} },
      { ...good, eventType: 'constructor' },
      null,
      'event',
    ];
    for (const event of wrong) {
      await refuses('INPUT_INVALID', bench.world.runs.create(event as EventOf<'run_created'>));
    }
    assert.deepEqual((await bench.world.runs.list()).runs, []);
  },
};
