import assert from 'node:assert/strict';
import type { AppendResult } from '../world.ts';
import { type Bench, cancelled, received, refuses, type Suite } from './bench.ts';
import { hookCreated, hookDisposed, hookRetained, runCompleted } from './events.ts';

const RETAIN_MS = 1000;

/** A run of its own asks for the token. */
async function ask(bench: Bench, runId: string, token = 't'): Promise<AppendResult> {
  const claim = await bench.start(runId);
  return bench.append(claim, 1, [hookCreated(`hook_${runId}`, token)]);
}

/** W4: a token stays taken for the rest of its hook's `retainMs` when the run ends. */
export const retentionTests: Suite = {
  async 'a kept token is taken until its time has passed, and its hook is not found'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookRetained('hook_1', 't', RETAIN_MS)]);
    bench.advance(400);
    await bench.write(claim, 2, [runCompleted]);
    const check = async (runId: string) => {
      assert.deepEqual(await ask(bench, runId), {
        kind: 'token-taken',
        correlationId: `hook_${runId}`,
        token: 't',
        ownerRunId: 'run_1',
      });
      assert.equal(await bench.world.runs.hookByToken('t'), undefined);
      await refuses('RUN_ENDED', bench.world.runs.send('run_1', received('key_1', 'hook_1')));
    };
    await check('run_2');
    if (await bench.reopen()) await check('run_3');
    if (await bench.reopen()) await check('run_4');
    bench.advance(599);
    await check('run_5');
    bench.advance(1);
    assert.equal((await ask(bench, 'run_6')).kind, 'appended');
    assert.equal((await bench.world.runs.hookByToken('t'))?.runId, 'run_6');
    if (await bench.reopen()) assert.equal((await bench.world.runs.hookByToken('t'))?.runId, 'run_6');
  },

  async 'a cancelled run keeps its tokens too'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [
      hookRetained('hook_1', 't', RETAIN_MS),
      hookRetained('hook_2', '../é\n', RETAIN_MS),
    ]);
    await bench.world.runs.send('run_1', cancelled('key_1'));
    await bench.reopen();
    assert.equal((await ask(bench, 'run_2')).kind, 'token-taken');
    assert.equal((await ask(bench, 'run_3', '../é\n')).kind, 'token-taken');
    assert.equal((await ask(bench, 'run_4', 'other')).kind, 'appended');
  },

  async 'a hook that was disposed keeps nothing'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookRetained('hook_1', 't', RETAIN_MS)]);
    await bench.write(claim, 2, [hookDisposed('hook_1')]);
    assert.equal((await ask(bench, 'run_2')).kind, 'appended');
    await bench.write(claim, 3, [runCompleted]);
    assert.equal((await bench.world.runs.hookByToken('t'))?.runId, 'run_2');
  },

  async 'a token whose time passed while its run lived is free when the run ends'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookRetained('hook_1', 't', RETAIN_MS)], { wakeAt: bench.now });
    bench.advance(RETAIN_MS * 5);
    assert.equal(
      (await ask(bench, 'run_2')).kind,
      'token-taken',
      'a live hook has it for as long as it lives',
    );
    await bench.write(claim, 2, [runCompleted]);
    assert.equal((await ask(bench, 'run_3')).kind, 'appended');
  },

  async 'a run may make its own token anew, and keeps the last'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [hookRetained('hook_1', 't', RETAIN_MS), hookDisposed('hook_1')]);
    await bench.write(claim, 3, [hookRetained('hook_2', 't', RETAIN_MS * 2), runCompleted]);
    bench.advance(RETAIN_MS);
    assert.equal((await ask(bench, 'run_2')).kind, 'token-taken');
    bench.advance(RETAIN_MS);
    assert.equal((await ask(bench, 'run_3')).kind, 'appended');
  },

  async 'a time that is none is refused'(bench) {
    const claim = await bench.start('run_1');
    for (const retainMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number]) {
      await refuses('INPUT_INVALID', bench.append(claim, 1, [hookRetained('hook_1', 't', retainMs)]));
    }
  },

  async 'a thousand kept tokens expire each at its time'(bench) {
    const claim = await bench.start('run_1');
    const drafts = Array.from({ length: 1000 }, (_, n) => hookRetained(`hook_${n}`, `t${n}`, n + 1));
    await bench.write(claim, 1, [...drafts, runCompleted]);
    bench.advance(500);
    await bench.reopen();
    assert.equal((await ask(bench, 'run_2', 't499')).kind, 'appended');
    assert.equal((await ask(bench, 'run_3', 't500')).kind, 'token-taken');
    assert.equal((await ask(bench, 'run_4', 't999')).kind, 'token-taken');
  },
};
