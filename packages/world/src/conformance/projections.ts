import assert from 'node:assert/strict';
import { received, refuses, type Suite } from './bench.ts';
import * as draft from './events.ts';

export const projectionTests: Suite = {
  async 'steps, hooks and waits are as the history says, ended run or not'(bench) {
    const claim = await bench.start('run_1');
    const { now } = bench;
    await bench.write(claim, 1, [
      draft.runStarted,
      draft.stepCreated('step_a'),
      draft.stepStarted('step_a'),
      draft.stepRetrying('step_a', now + 100),
      draft.stepCreated('step_b'),
      draft.waitCreated('wait_a', now + 500),
      draft.waitCreated('wait_b', now + 5),
      draft.waitCompleted('wait_b'),
      draft.hookCreated('hook_a', 't'),
      draft.hookCreated('hook_b', 'u'),
      draft.hookDisposed('hook_b'),
      { eventType: 'hook_conflict', correlationId: 'hook_c', eventData: { token: 'v', ownerRunId: 'run_2' } },
    ]);
    await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    const check = async () => {
      assert.deepEqual(await bench.world.runs.steps('run_1'), [
        {
          correlationId: 'step_a',
          stepName: 'work',
          status: 'retrying',
          attempt: 1,
          createdAt: now,
          startedAt: now,
          worker: 'worker_a',
          retryAt: now + 100,
        },
        { correlationId: 'step_b', stepName: 'work', status: 'pending', attempt: 0, createdAt: now },
      ]);
      assert.deepEqual(await bench.world.runs.waits('run_1'), [
        { correlationId: 'wait_a', resumeAt: now + 500, status: 'waiting', createdAt: now },
        { correlationId: 'wait_b', resumeAt: now + 5, status: 'completed', createdAt: now },
      ]);
      assert.deepEqual(await bench.world.runs.hooks('run_1'), [
        { correlationId: 'hook_a', token: 't', status: 'live', received: 1, createdAt: now },
        { correlationId: 'hook_b', token: 'u', status: 'disposed', received: 0, createdAt: now },
        {
          correlationId: 'hook_c',
          token: 'v',
          status: 'conflict',
          received: 0,
          createdAt: now,
          ownerRunId: 'run_2',
        },
      ]);
    };
    await check();
    await bench.write(claim, 14, [draft.runCompleted]);
    await check();
    if (await bench.reopen()) await check();
  },

  async 'a run tells its times, its version and how it ended'(bench) {
    const claim = await bench.start('run_1');
    const createdAt = bench.now;
    bench.advance(10);
    await bench.write(claim, 1, [draft.runStarted]);
    bench.advance(10);
    await bench.write(claim, 2, [draft.runFailed]);
    const expected = {
      runId: 'run_1',
      workflowName: 'flow',
      program: 'abc123',
      status: 'failed',
      version: 3,
      createdAt,
      startedAt: createdAt + 10,
      completedAt: createdAt + 20,
      updatedAt: createdAt + 20,
      errorCode: 'USER',
      attributes: {},
    };
    assert.deepEqual(await bench.world.runs.get('run_1'), expected);
    if (await bench.reopen()) assert.deepEqual(await bench.world.runs.get('run_1'), expected);
  },

  async 'an unknown run has no projection'(bench) {
    assert.equal(await bench.world.runs.get('run_x'), undefined);
    await refuses('RUN_NOT_FOUND', bench.world.runs.steps('run_x'));
    await refuses('RUN_NOT_FOUND', bench.world.runs.hooks('run_x'));
    await refuses('RUN_NOT_FOUND', bench.world.runs.waits('run_x'));
  },
};
