import assert from 'node:assert/strict';
import type { SentEvent } from '../event.ts';
import { refuses, type Suite } from './bench.ts';
import { childStarted, runCompleted, runCreated, waitCompleted, waitCreated } from './events.ts';

function childCompleted(childRunId: string, key = `end_${childRunId}`): SentEvent {
  return {
    eventType: 'child_completed',
    key,
    eventData: { childRunId, status: 'failed', error: new Uint8Array([0, 255]), errorCode: 'USER' },
  };
}

function abort(key: string, correlationId: string): SentEvent {
  return { eventType: 'abort_requested', key, correlationId, eventData: { reason: '"enough"' } };
}

function wake(key: string, correlationId: string): SentEvent {
  return { eventType: 'wait_completed', key, correlationId, eventData: {} };
}

/** Children, aborts and woken sleeps: what enters a run from outside besides payloads. */
export const familyTests: Suite = {
  async 'a run tells its parent, its root and its key'(bench) {
    const data = {
      parentRunId: 'run_9',
      parentCorrelationId: 'step_1',
      rootRunId: 'run_8',
      key: '../é\u0000',
    };
    const event = runCreated('run_1', bench.now, data);
    const { run } = await bench.world.runs.create(event);
    const { parentRunId, rootRunId, key } = run;
    assert.deepEqual(
      { parentRunId, rootRunId, key },
      { parentRunId: 'run_9', rootRunId: 'run_8', key: '../é\u0000' },
    );
    const check = async () => {
      assert.deepEqual(await bench.world.runs.get('run_1'), run);
      assert.deepEqual(await bench.world.runs.history('run_1'), [event]);
    };
    await check();
    if (await bench.reopen()) await check();
  },

  async 'children are as the history says, ended run or not'(bench) {
    const claim = await bench.start('run_1');
    const { now } = bench;
    assert.deepEqual(await bench.world.runs.children('run_1'), []);
    await refuses('RUN_NOT_FOUND', bench.world.runs.children('run_x'));
    await bench.write(claim, 1, [childStarted('step_1', 'run_2'), childStarted('step_2', 'run_3')]);
    bench.advance(10);
    const { event } = await bench.world.runs.send('run_1', childCompleted('run_3'));
    await bench.world.runs.send('run_1', childCompleted('run_4'));
    const expected = [
      { childRunId: 'run_2', correlationId: 'step_1', status: 'running', createdAt: now },
      { childRunId: 'run_3', correlationId: 'step_2', status: 'failed', createdAt: now },
      { childRunId: 'run_4', status: 'failed', createdAt: now + 10 },
    ];
    const check = async () => assert.deepEqual(await bench.world.runs.children('run_1'), expected);
    await check();
    await bench.write(claim, 5, [runCompleted]);
    await check();
    assert.deepEqual((await bench.world.runs.history('run_1', { after: 3, limit: 1 }))[0], event);
    if (await bench.reopen()) await check();
  },

  async 'a child ends once, and is started once per correlation id'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [childStarted('step_1', 'run_2')]);
    await refuses('HISTORY_INVALID', bench.append(claim, 2, [childStarted('step_1', 'run_3')]));
    await bench.write(claim, 2, [childStarted('step_2', 'run_2')]);
    await bench.world.runs.send('run_1', childCompleted('run_2'));
    assert.equal((await bench.world.runs.send('run_1', childCompleted('run_2'))).duplicate, true);
    await refuses('HISTORY_INVALID', bench.world.runs.send('run_1', childCompleted('run_2', 'other')));
    await bench.world.runs.send('run_1', childCompleted('run_4'));
    await bench.write(claim, 5, [childStarted('step_3', 'run_4')]);
    const last = (await bench.world.runs.children('run_1')).at(-1);
    assert.deepEqual([last?.status, last?.correlationId], ['failed', 'step_3'], 'started after its end came');
    assert.equal((await bench.types('run_1')).length, 6);
  },

  async 'an abort needs no event before it and is there once per correlation id'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [], { wakeAt: null, release: true });
    const { event } = await bench.world.runs.send('run_1', abort('key_1', 'abort_1'));
    assert.deepEqual(event.eventData, { reason: '"enough"' });
    await refuses('HISTORY_INVALID', bench.world.runs.send('run_1', abort('key_2', 'abort_1')));
    await bench.world.runs.send('run_1', abort('key_3', 'abort_2'));
    assert.deepEqual(await bench.claimedIds(), ['run_1'], 'due at once');
    if (!(await bench.reopen())) return;
    await refuses('HISTORY_INVALID', bench.world.runs.send('run_1', abort('key_2', 'abort_1')));
  },

  async 'a wait ends early by a sent event, and only while it waits'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [waitCreated('wait_1', bench.now + 1e6)], {
      wakeAt: bench.now + 1e6,
      release: true,
    });
    await refuses('WAIT_NOT_FOUND', bench.world.runs.send('run_1', wake('key_1', 'wait_x')));
    assert.deepEqual(await bench.claimedIds(), []);
    await bench.world.runs.send('run_1', wake('key_1', 'wait_1'));
    assert.equal((await bench.world.runs.waits('run_1'))[0]?.status, 'completed');
    assert.equal((await bench.world.runs.send('run_1', wake('key_1', 'wait_1'))).duplicate, true);
    await refuses('WAIT_NOT_FOUND', bench.world.runs.send('run_1', wake('key_2', 'wait_1')));
    const [taken] = await bench.claim();
    await refuses('HISTORY_INVALID', bench.append(taken!.claim, 3, [waitCompleted('wait_1')]));
    assert.deepEqual(await bench.types('run_1'), ['run_created', 'wait_created', 'wait_completed']);
  },
};
