import assert from 'node:assert/strict';
import { cancelled, each, refuses, type Suite } from './bench.ts';
import * as draft from './events.ts';

const outcomes: ReadonlyArray<readonly [string, readonly draft.Draft[], draft.Draft]> = [
  ['completed', [draft.stepCompleted('x_1')], draft.stepCompleted('x_1')],
  ['completed, then failed', [draft.stepCompleted('x_1')], draft.stepFailed('x_1')],
  ['failed, then started', [draft.stepFailed('x_1')], draft.stepStarted('x_1', 2)],
  ['completed, then created', [draft.stepCompleted('x_1')], draft.stepCreated('x_1')],
];

/** W4: one terminal event per run; per correlation id one creation and one outcome. */
export const uniquenessTests: Suite = {
  ...each(
    [draft.runCompleted, draft.runFailed],
    (terminal) => `nothing follows ${terminal.eventType}`,
    async (bench, terminal) => {
      const claim = await bench.start('run_1');
      await refuses('HISTORY_INVALID', bench.append(claim, 1, [terminal, draft.runCompleted]));
      await refuses('HISTORY_INVALID', bench.append(claim, 1, [terminal, draft.stepCreated('step_a')]));
      await bench.write(claim, 1, [terminal], { wakeAt: bench.now });
      assert.equal((await bench.append(claim, 2, [draft.runCompleted])).kind, 'claim-lost');
      await refuses('RUN_ENDED', bench.world.runs.send('run_1', cancelled('key_1')));
      assert.deepEqual(await bench.types('run_1'), ['run_created', terminal.eventType]);
      bench.advance(1_000_000);
      assert.deepEqual(await bench.claimedIds(), [], 'an ended run is never due');
    },
  ),

  async 'a run cancelled from outside ends once'(bench) {
    const claim = await bench.start('run_1');
    await bench.world.runs.send('run_1', cancelled('key_1', 'enough'));
    assert.equal((await bench.append(claim, 1, [draft.runCompleted])).kind, 'claim-lost');
    await refuses('RUN_ENDED', bench.world.runs.send('run_1', cancelled('key_2')));
    const run = await bench.world.runs.get('run_1');
    assert.deepEqual([run?.status, run?.cancelReason], ['cancelled', 'enough']);
  },

  ...each(
    outcomes,
    ([name]) => `a step has one outcome: ${name} again`,
    async (bench, [, first, second]) => {
      const claim = await bench.start('run_1');
      await bench.write(claim, 1, [draft.stepCreated('x_1'), draft.stepStarted('x_1')]);
      await refuses('HISTORY_INVALID', bench.append(claim, 3, [...first, second]));
      await bench.write(claim, 3, first);
      await refuses('HISTORY_INVALID', bench.append(claim, 4, [second]));
      assert.equal((await bench.types('run_1')).length, 4);
    },
  ),

  async 'a wait ends once'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [draft.waitCreated('wait_1', bench.now + 10)]);
    await refuses('HISTORY_INVALID', bench.append(claim, 2, [draft.waitCreated('wait_1', bench.now)]));
    await bench.write(claim, 2, [draft.waitCompleted('wait_1')]);
    await refuses('HISTORY_INVALID', bench.append(claim, 3, [draft.waitCompleted('wait_1')]));
  },

  async 'a hook is disposed once'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [draft.hookCreated('hook_1', 'token'), draft.hookDisposed('hook_1')]);
    await refuses('HISTORY_INVALID', bench.append(claim, 3, [draft.hookDisposed('hook_1')]));
    await refuses('HISTORY_INVALID', bench.append(claim, 3, [draft.hookCreated('hook_1', 'other')]));
  },

  async 'a run starts once'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [draft.runStarted]);
    await refuses('HISTORY_INVALID', bench.append(claim, 2, [draft.runStarted]));
  },
};
