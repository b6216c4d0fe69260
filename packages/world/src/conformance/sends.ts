import assert from 'node:assert/strict';
import type { SentEvent } from '../event.ts';
import { cancelled, LEASE_MS, received, refuses, resumed, type Suite } from './bench.ts';
import { hookCreated, hookDisposed, runCompleted, runPaused, runStarted } from './events.ts';

/** W5: durable when it returns, idempotent by key, refused when the run has ended. */
export const sendTests: Suite = {
  async 'a sent event is at the tail when send returns'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted, hookCreated('hook_a', 't')]);
    const { event, duplicate } = await bench.world.runs.send('run_1', received('key_1', 'hook_a', '"hi"'));
    assert.equal(duplicate, false);
    assert.deepEqual(event, {
      runId: 'run_1',
      eventId: 'evnt_0000000004',
      version: 4,
      eventType: 'hook_received',
      correlationId: 'hook_a',
      key: 'key_1',
      createdAt: bench.now,
      eventData: { payload: '"hi"' },
    });
    assert.deepEqual(await bench.world.runs.history('run_1', { after: 3 }), [event]);
  },

  async 'a sent event is never older than the last event'(bench) {
    const claim = await bench.start('run_1');
    bench.advance(50);
    await bench.write(claim, 1, [hookCreated('hook_a', 't')]);
    bench.advance(-50);
    const { event } = await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    assert.equal(event.createdAt, bench.now + 50);
  },

  async 'a known key adds nothing and answers with the first event'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')]);
    const first = await bench.world.runs.send('run_1', received('key_1', 'hook_a', '"one"'));
    const again = await bench.world.runs.send('run_1', received('key_1', 'hook_a', '"two"'));
    assert.deepEqual(again, { event: first.event, duplicate: true });
    await bench.write(claim, 3, [hookDisposed('hook_a'), runCompleted]);
    const late = await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    assert.deepEqual(late, { event: first.event, duplicate: true }, 'after the end of the run too');
    assert.equal((await bench.types('run_1')).length, 5);
  },

  async 'concurrent sends with one key make one event'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')]);
    const results = await Promise.all(
      Array.from({ length: 5 }, () => bench.world.runs.send('run_1', received('key_1', 'hook_a'))),
    );
    assert.equal(results.filter(({ duplicate }) => !duplicate).length, 1);
    assert.equal((await bench.types('run_1')).length, 3);
  },

  async 'claimFor gives the sender a run that nobody holds, and nobody else'(bench) {
    const first = await bench.start('run_1');
    await bench.write(first, 1, [runStarted, hookCreated('hook_a', 't')], { release: true });
    const claimFor = { worker: 'worker_b', leaseMs: LEASE_MS };
    const sent = await bench.world.runs.send('run_1', received('key_1', 'hook_a'), { claimFor });
    assert.deepEqual([sent.duplicate, sent.event.version], [false, 4]);
    assert.deepEqual([sent.claim?.runId, sent.claim?.worker], ['run_1', 'worker_b']);
    assert.ok(sent.claim!.epoch > first.epoch, 'a claim of its own');
    assert.deepEqual(await bench.claimedIds('worker_a'), []);
    assert.deepEqual(await bench.append(first, 4, [runCompleted]), { kind: 'claim-lost' });
    assert.deepEqual(await bench.world.runs.history('run_1', { after: 3 }), [sent.event]);
    const request = { worker: 'worker_b', leaseMs: LEASE_MS };
    const claims = [{ claim: sent.claim!, version: 4 }];
    assert.deepEqual(await bench.world.runs.renew({ ...request, claims }), { lost: [], moved: [] });
    await bench.write(sent.claim!, 4, [runCompleted]);
  },

  async 'a sender who gets the run keeps it for a lease'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')], { release: true });
    const claimFor = { worker: 'worker_b', leaseMs: LEASE_MS };
    await bench.world.runs.send('run_1', received('key_1', 'hook_a'), { claimFor });
    bench.advance(LEASE_MS - 1);
    assert.deepEqual(await bench.claimedIds('worker_a'), []);
    bench.advance(1);
    assert.deepEqual(await bench.claimedIds('worker_a'), ['run_1'], 'due when its sender dies');
  },

  async 'claimFor gives nobody a run that is held, has ended, or has the event already'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')]);
    const send = (key: string, event = received(key, 'hook_a')) =>
      bench.world.runs.send('run_1', event, { claimFor: { worker: 'worker_b', leaseMs: LEASE_MS } });
    assert.equal((await send('key_1')).claim, undefined, 'held');
    const request = { worker: 'worker_a', leaseMs: LEASE_MS, claims: [{ claim, version: 2 }] };
    assert.deepEqual(await bench.world.runs.renew(request), { lost: [], moved: ['run_1'] });
    await bench.world.runs.release([claim]);
    const again = await send('key_1');
    assert.deepEqual([again.duplicate, again.claim], [true, undefined]);
    assert.deepEqual(await bench.claimedIds('worker_a'), ['run_1']);
    assert.equal((await send('key_2', cancelled('key_2'))).claim, undefined, 'ended');
    assert.deepEqual(await bench.claimedIds('worker_b'), []);
  },

  async 'of senders who all want the run one gets it'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')], { release: true });
    const results = await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        bench.world.runs.send('run_1', received(`key_${i}`, 'hook_a'), {
          claimFor: { worker: `worker_${i}`, leaseMs: LEASE_MS },
        }),
      ),
    );
    assert.equal(results.filter((sent) => sent.claim).length, 1);
    assert.equal((await bench.types('run_1')).length, 7);
  },

  async 'a claim that nobody can hold is refused, and nothing is sent'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')], { release: true });
    const claimFor = { worker: 'worker_b', leaseMs: 0 };
    await refuses('INPUT_INVALID', bench.world.runs.send('run_1', received('key_1', 'hook_a'), { claimFor }));
    assert.equal((await bench.types('run_1')).length, 2);
  },

  async 'keys are per run'(bench) {
    await bench.start('run_1');
    await bench.start('run_2');
    await bench.world.runs.send('run_1', cancelled('key_1'));
    assert.equal((await bench.world.runs.send('run_2', cancelled('key_1'))).duplicate, false);
  },

  async 'a key is known after a new start'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')]);
    const first = await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    if (!(await bench.reopen())) return;
    const again = await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    assert.deepEqual(again, { event: first.event, duplicate: true });
  },

  async 'an ended or unknown run and an unknown or disposed hook refuse'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't'), hookDisposed('hook_a')]);
    await refuses('HOOK_NOT_FOUND', bench.world.runs.send('run_1', received('key_1', 'hook_a')));
    await refuses('HOOK_NOT_FOUND', bench.world.runs.send('run_1', received('key_1', 'hook_x')));
    await refuses('RUN_NOT_FOUND', bench.world.runs.send('run_x', received('key_1', 'hook_a')));
    await refuses('RUN_NOT_FOUND', bench.world.runs.send('../run_1', received('key_1', 'hook_a')));
    await bench.write(claim, 3, [runCompleted]);
    await refuses('RUN_ENDED', bench.world.runs.send('run_1', received('key_1', 'hook_a')));
    assert.equal((await bench.types('run_1')).length, 4);
  },

  async 'an event that is not sendable or not whole is refused'(bench) {
    await bench.start('run_1');
    const wrong: unknown[] = [
      { eventType: 'run_completed', key: 'key_1', eventData: { output: '1' } },
      { eventType: '__proto__', key: 'key_1', eventData: {} },
      { eventType: 'run_cancelled', eventData: {} },
      { eventType: 'run_cancelled', key: '../key', eventData: {} },
      { eventType: 'hook_received', key: 'key_1', eventData: { payload: '1' } },
      { eventType: 'hook_received', key: 'key_1', correlationId: 'hook_a', eventData: { payload: 1 } },
      null,
    ];
    for (const event of wrong)
      await refuses('INPUT_INVALID', bench.world.runs.send('run_1', event as SentEvent));
    assert.deepEqual(await bench.types('run_1'), ['run_created']);
  },

  async 'a released run becomes due by a sent event'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')], { release: true });
    assert.deepEqual(await bench.claimedIds(), []);
    await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    assert.deepEqual(await bench.claimedIds(), ['run_1']);
  },

  async 'a sent event is not lost when the owner releases without having seen it'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')]);
    await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    await bench.world.runs.release([claim]);
    assert.deepEqual(await bench.claimedIds('worker_b'), ['run_1']);
  },

  async 'a sent event is not lost when the owner dies'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookCreated('hook_a', 't')]);
    await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    assert.deepEqual(await bench.claimedIds('worker_b'), []);
    bench.advance(LEASE_MS);
    assert.deepEqual(await bench.claimedIds('worker_b'), ['run_1']);
  },

  async 'a paused run resumes by a sent event, a run that is not paused does not'(bench) {
    const claim = await bench.start('run_1');
    await refuses('HISTORY_INVALID', bench.world.runs.send('run_1', resumed('key_1')));
    await bench.write(claim, 1, [runStarted, runPaused], { release: true });
    const paused = await bench.world.runs.get('run_1');
    assert.equal(paused?.status, 'paused');
    assert.deepEqual(paused?.pauseReason, {
      code: 'DIVERGED',
      message: 'other code',
      hint: 'deploy the old code',
    });
    assert.deepEqual(await bench.claimedIds(), []);
    await bench.world.runs.send('run_1', resumed('key_1'));
    const [taken] = await bench.claim();
    assert.equal(taken?.run.status, 'running');
    assert.equal(taken?.run.pauseReason, undefined);
  },

  async 'a run moves to another program, paused or not, and is due at once'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted], { release: true });
    await bench.world.runs.send('run_1', resumed('key_1', 'beef'));
    const [taken] = await bench.claim();
    assert.equal(taken?.run.status, 'running');
    assert.equal(taken?.run.program, 'beef');
    await bench.write(taken!.claim, 3, [runPaused], { release: true });
    await bench.world.runs.send('run_1', resumed('key_2', 'cafe'));
    const moved = await bench.world.runs.get('run_1');
    assert.deepEqual([moved?.status, moved?.program, moved?.pauseReason], ['running', 'cafe', undefined]);
    if (!(await bench.reopen())) return;
    assert.equal((await bench.world.runs.get('run_1'))?.program, 'cafe');
  },

  async 'an event sent for a version enters at that version or not at all'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted, hookCreated('hook_a', 't')]);
    const { runs } = bench.world;
    await refuses('TAIL_MOVED', runs.send('run_1', received('key_1', 'hook_a'), { after: 2 }));
    await refuses('TAIL_MOVED', runs.send('run_1', received('key_1', 'hook_a'), { after: 4 }));
    await refuses('INPUT_INVALID', runs.send('run_1', received('key_1', 'hook_a'), { after: 0.5 }));
    assert.equal((await bench.types('run_1')).length, 3, 'nothing was written');
    const first = await runs.send('run_1', received('key_1', 'hook_a'), { after: 3 });
    assert.equal(first.event.version, 4);
    const again = await runs.send('run_1', received('key_1', 'hook_a'), { after: 3 });
    assert.deepEqual(again, { event: first.event, duplicate: true }, 'a known key is answered first');
  },
};
