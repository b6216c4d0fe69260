import assert from 'node:assert/strict';
import type { Hint } from '../world.ts';
import { cancelled, LEASE_MS, refuses, type Suite } from './bench.ts';
import { hookCreated, runCompleted, runCreated, runStarted } from './events.ts';

export const lifecycleTests: Suite = {
  async 'clear forgets runs, tokens, claims, programs and watchers'(bench) {
    const hints: Hint[] = [];
    const { runs, programs } = bench.world;
    runs.watch((hint) => hints.push(hint));
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')], { wakeAt: bench.now });
    const ended = await bench.start('run_2');
    await bench.write(ended, 1, [runCompleted]);
    await programs.put('abc', 'code');
    await bench.world.clear();
    const heard = hints.length;
    bench.advance(LEASE_MS);
    assert.deepEqual(await runs.list(), { runs: [] });
    assert.equal(await runs.get('run_1'), undefined);
    assert.equal(await runs.get('run_2'), undefined);
    assert.equal(await runs.hookByToken('t'), undefined);
    assert.equal(await programs.get('abc'), undefined);
    const request = { worker: 'worker_b', leaseMs: LEASE_MS, limit: 5 };
    const { claimed, nextWakeAt, offered } = await runs.claim(request);
    assert.deepEqual([claimed, nextWakeAt, offered], [[], null, false]);
    assert.equal((await bench.append(claim, 2, [runStarted])).kind, 'claim-lost');
    const again = await bench.start('run_1');
    assert.deepEqual(await bench.types('run_1'), ['run_created']);
    assert.equal((await bench.append(claim, 1, [runStarted])).kind, 'claim-lost', 'old claims stay lost');
    await bench.write(again, 1, [hookCreated('hook_b', 't')]);
    assert.equal(hints.length, heard, 'watchers were forgotten');
  },

  async 'a closed world refuses every call, and may be closed again'(bench) {
    const claim = await bench.start('run_1');
    const { runs, programs } = bench.world;
    await bench.world.close();
    await bench.world.close();
    await refuses('WORLD_CLOSED', runs.create(runCreated('run_2', bench.now)));
    await refuses('WORLD_CLOSED', bench.append(claim, 1, [runStarted]));
    await refuses('WORLD_CLOSED', runs.send('run_1', cancelled('key_1')));
    await refuses('WORLD_CLOSED', runs.history('run_1'));
    await refuses('WORLD_CLOSED', runs.claim({ worker: 'worker_a', leaseMs: 1, limit: 1 }));
    await refuses('WORLD_CLOSED', runs.renew({ worker: 'worker_a', leaseMs: 1, claims: [] }));
    await refuses('WORLD_CLOSED', runs.release([claim]));
    await refuses('WORLD_CLOSED', runs.get('run_1'));
    await refuses('WORLD_CLOSED', runs.list());
    await refuses('WORLD_CLOSED', runs.steps('run_1'));
    await refuses('WORLD_CLOSED', runs.hooks('run_1'));
    await refuses('WORLD_CLOSED', runs.waits('run_1'));
    await refuses('WORLD_CLOSED', runs.children('run_1'));
    await refuses('WORLD_CLOSED', runs.hookByToken('t'));
    await refuses('WORLD_CLOSED', programs.put('abc', 'code'));
    await refuses('WORLD_CLOSED', programs.get('abc'));
    const { streams, steps } = bench.world;
    const stepClaim = { runId: 'run_1', correlationId: 'step_a', attempt: 1, worker: 'worker_a' };
    await refuses('WORLD_CLOSED', steps.claim({ worker: 'worker_a', leaseMs: 1, limit: 1 }));
    await refuses(
      'WORLD_CLOSED',
      steps.finish(stepClaim, { eventType: 'step_completed', eventData: { output: '1' } }),
    );
    await refuses('WORLD_CLOSED', steps.renew({ worker: 'worker_a', leaseMs: 1, claims: [] }));
    await refuses('WORLD_CLOSED', steps.release([stepClaim]));
    await refuses('WORLD_CLOSED', streams.append('run_1', 'out', ['x']));
    await refuses('WORLD_CLOSED', streams.close('run_1', 'out'));
    await refuses('WORLD_CLOSED', streams.read('run_1', 'out', { from: 0 }));
    await refuses('WORLD_CLOSED', streams.info('run_1', 'out'));
    await refuses('WORLD_CLOSED', streams.list('run_1'));
    assert.throws(() => streams.watch('run_1', 'out', () => {}), {
      name: 'WorldError',
      code: 'WORLD_CLOSED',
    });
    await refuses('WORLD_CLOSED', bench.world.clear());
    assert.throws(() => runs.watch(() => {}), { name: 'WorldError', code: 'WORLD_CLOSED' });
  },
};
