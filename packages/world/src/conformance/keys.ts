import assert from 'node:assert/strict';
import type { CreateOptions, CreateResult } from '../world.ts';
import { type Bench, cancelled, LEASE_MS, refuses, type Suite } from './bench.ts';
import { runCompleted, runCreated, runPaused, runStarted } from './events.ts';

const KEY = 'order/../7 é';

function create(
  bench: Bench,
  runId: string,
  onConflict?: CreateOptions['onConflict'],
  key = KEY,
): Promise<CreateResult> {
  const options = onConflict === undefined ? {} : { onConflict };
  return bench.world.runs.create(runCreated(runId, bench.now, { key }), options);
}

async function liveIds(bench: Bench): Promise<string[]> {
  const { runs } = await bench.world.runs.list();
  return runs.filter(({ completedAt }) => completedAt === undefined).map(({ runId }) => runId);
}

const creators: readonly number[] = Array.from({ length: 50 }, (_, n) => n);

/** W4: a key has at most one live run. */
export const keyTests: Suite = {
  async 'a run whose key a live run has is not created: it joins that one'(bench) {
    const first = await create(bench, 'run_1');
    assert.equal(first.created, true);
    const [taken] = await bench.claim();
    await bench.write(taken!.claim, 1, [runStarted]);
    const joined = await bench.world.runs.create(runCreated('run_2', bench.now, { key: KEY }), {
      claimFor: { worker: 'worker_b', leaseMs: LEASE_MS },
    });
    assert.deepEqual(
      [joined.created, joined.run.runId, joined.run.status, joined.claim],
      [false, 'run_1', 'running', undefined],
    );
    assert.equal((await create(bench, 'run_3', 'join')).run.runId, 'run_1');
    assert.equal(await bench.world.runs.get('run_2'), undefined);
    assert.equal((await create(bench, 'run_4', undefined, 'another')).created, true);
  },

  async 'where it must not join, the error names the run that has the key'(bench) {
    await create(bench, 'run_1', 'fail');
    await assert.rejects(create(bench, 'run_2', 'fail'), {
      name: 'WorldError',
      code: 'KEY_TAKEN',
      ownerRunId: 'run_1',
      message: /run_1/,
    });
    assert.deepEqual((await create(bench, 'run_1', 'fail')).created, false, 'the same run again');
    assert.deepEqual(await liveIds(bench), ['run_1']);
  },

  async 'a run that replaces another cancels it and takes its key'(bench) {
    const claim = await bench.world.runs.create(runCreated('run_1', bench.now, { key: KEY }), {
      claimFor: { worker: 'worker_a', leaseMs: LEASE_MS },
    });
    const replaced = await bench.world.runs.create(runCreated('run_2', bench.now, { key: KEY }), {
      claimFor: { worker: 'worker_b', leaseMs: LEASE_MS },
      onConflict: 'replace',
    });
    assert.deepEqual(
      [replaced.created, replaced.run.runId, replaced.replacedRunId],
      [true, 'run_2', 'run_1'],
    );
    assert.equal(replaced.claim?.runId, 'run_2');
    const old = await bench.world.runs.get('run_1');
    assert.equal(old?.status, 'cancelled');
    assert.match(old?.cancelReason ?? '', /run_2/);
    assert.equal((await bench.append(claim.claim!, 1, [runStarted])).kind, 'claim-lost');
    assert.equal((await create(bench, 'run_3')).run.runId, 'run_2');
    const again = await create(bench, 'run_2', 'replace');
    assert.deepEqual(
      [again.created, again.run.status],
      [false, 'pending'],
      'replacing is idempotent by run id',
    );
    assert.equal((await create(bench, 'run_4', 'replace', 'nobody')).replacedRunId, undefined);
  },

  async 'a key is free when its run ends, and not before'(bench) {
    await create(bench, 'run_1');
    const [taken] = await bench.claim();
    await bench.write(taken!.claim, 1, [runStarted, runPaused], { release: true });
    assert.equal((await create(bench, 'run_2')).created, false, 'a paused run lives');
    await bench.world.runs.send('run_1', cancelled('key_1'));
    assert.equal((await create(bench, 'run_2')).created, true);
    const [next] = await bench.claim();
    await bench.write(next!.claim, 1, [runCompleted]);
    assert.equal((await create(bench, 'run_3', 'fail')).created, true);
    assert.equal(
      (await create(bench, 'run_1')).run.status,
      'cancelled',
      'a known id answers with its own run',
    );
  },

  async 'of 50 concurrent creators of a key one creates and the others join'(bench) {
    const results = await Promise.all(creators.map((n) => create(bench, `run_${n}`)));
    const [owner] = results.filter(({ created }) => created);
    assert.equal(results.filter(({ created }) => created).length, 1);
    assert.deepEqual([...new Set(results.map(({ run }) => run.runId))], [owner?.run.runId]);
    assert.deepEqual(await liveIds(bench), [owner?.run.runId]);
  },

  async 'of 50 concurrent replacements one is left alive'(bench) {
    await Promise.all(creators.map((n) => create(bench, `run_${n}`, 'replace')));
    const { runs } = await bench.world.runs.list();
    const cancelledRuns = runs.filter(({ status }) => status === 'cancelled');
    assert.deepEqual([runs.length, cancelledRuns.length, (await liveIds(bench)).length], [50, 49, 1]);
  },

  async 'a key keeps its run over a new start'(bench) {
    await create(bench, 'run_1');
    await create(bench, 'run_2', undefined, 'freed');
    await bench.world.runs.send('run_2', cancelled('key_1'));
    if (!(await bench.reopen())) return;
    assert.equal((await create(bench, 'run_3')).run.runId, 'run_1');
    assert.equal((await create(bench, 'run_4', undefined, 'freed')).created, true);
  },

  async 'a key that is none, and a rule without a key, are refused'(bench) {
    for (const key of ['', 'k'.repeat(513), 7, null]) {
      await refuses('INPUT_INVALID', create(bench, 'run_1', undefined, key as string));
    }
    await refuses('INPUT_INVALID', create(bench, 'run_1', 'other' as 'join'));
    const keyless = bench.world.runs.create(runCreated('run_1', bench.now), { onConflict: 'fail' });
    await refuses('INPUT_INVALID', keyless);
    assert.deepEqual(await liveIds(bench), []);
  },
};
