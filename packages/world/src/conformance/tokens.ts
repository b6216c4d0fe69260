import assert from 'node:assert/strict';
import { cancelled, refuses, type Suite } from './bench.ts';
import { hookCreated, hookDisposed, runCompleted, runStarted, stepCreated } from './events.ts';

/** W4: a hook token has at most one live owner over all runs. */
export const tokenTests: Suite = {
  async 'a token that a hook of another run has is taken, and nothing is written'(bench) {
    const first = await bench.start('run_1');
    const second = await bench.start('run_2');
    await bench.write(first, 1, [hookCreated('hook_1', 'shared')]);
    const result = await bench.append(second, 1, [runStarted, hookCreated('hook_2', 'shared')]);
    assert.deepEqual(result, {
      kind: 'token-taken',
      correlationId: 'hook_2',
      token: 'shared',
      ownerRunId: 'run_1',
    });
    assert.deepEqual(await bench.types('run_2'), ['run_created']);
    await bench.write(second, 1, [runStarted, hookCreated('hook_2', 'own')]);
  },

  async 'a token that another hook of the same run has is taken'(bench) {
    const claim = await bench.start('run_1');
    const within = await bench.append(claim, 1, [hookCreated('hook_1', 't'), hookCreated('hook_2', 't')]);
    assert.deepEqual(within, {
      kind: 'token-taken',
      correlationId: 'hook_2',
      token: 't',
      ownerRunId: 'run_1',
    });
    await bench.write(claim, 1, [hookCreated('hook_1', 't')]);
    assert.equal((await bench.append(claim, 2, [hookCreated('hook_2', 't')])).kind, 'token-taken');
  },

  async 'a refused append takes no token'(bench) {
    const first = await bench.start('run_1');
    const second = await bench.start('run_2');
    await refuses(
      'HISTORY_INVALID',
      bench.append(first, 1, [hookCreated('hook_1', 't'), stepCreated('step_a'), stepCreated('step_a')]),
    );
    assert.equal(await bench.world.runs.hookByToken('t'), undefined);
    await bench.write(second, 1, [hookCreated('hook_2', 't')]);
  },

  async 'a token is free after its hook is disposed, within the same append too'(bench) {
    const first = await bench.start('run_1');
    const second = await bench.start('run_2');
    await bench.write(first, 1, [hookCreated('hook_1', 't')]);
    await bench.write(first, 2, [hookDisposed('hook_1'), hookCreated('hook_2', 't')]);
    assert.equal((await bench.world.runs.hookByToken('t'))?.correlationId, 'hook_2');
    assert.equal((await bench.append(second, 1, [hookCreated('hook_3', 't')])).kind, 'token-taken');
    await bench.write(first, 4, [hookDisposed('hook_2')]);
    assert.equal(await bench.world.runs.hookByToken('t'), undefined);
    await bench.write(second, 1, [hookCreated('hook_3', 't')]);
  },

  async 'a token is free after its run has ended'(bench) {
    const first = await bench.start('run_1');
    const second = await bench.start('run_2');
    const third = await bench.start('run_3');
    await bench.write(first, 1, [hookCreated('hook_1', 't')]);
    await bench.write(first, 2, [runCompleted]);
    assert.equal(await bench.world.runs.hookByToken('t'), undefined);
    await bench.write(second, 1, [hookCreated('hook_2', 't')]);
    await bench.world.runs.send('run_2', cancelled('key_1'));
    await bench.write(third, 1, [hookCreated('hook_3', 't')]);
  },

  async 'a live hook is found by its token, with the event that made it'(bench) {
    const claim = await bench.start('run_1');
    const bytes = new Uint8Array([0, 1, 255]);
    await bench.write(claim, 1, [runStarted, hookCreated('hook_1', 'tok', bytes)]);
    const [createdEvent] = await bench.world.runs.history('run_1', { after: 2 });
    assert.deepEqual(await bench.world.runs.hookByToken('tok'), {
      runId: 'run_1',
      correlationId: 'hook_1',
      token: 'tok',
      createdEvent,
    });
    assert.equal(await bench.world.runs.hookByToken('other'), undefined);
  },

  async 'a token keeps its owner over a new start'(bench) {
    const first = await bench.start('run_1');
    const second = await bench.start('run_2');
    await bench.write(first, 1, [hookCreated('hook_1', 't')], { wakeAt: bench.now });
    await bench.write(second, 1, [hookCreated('hook_2', 'u'), hookDisposed('hook_2')], { wakeAt: bench.now });
    if (!(await bench.reopen())) return;
    bench.advance(1_000_000);
    assert.equal((await bench.world.runs.hookByToken('t'))?.runId, 'run_1');
    assert.equal(await bench.world.runs.hookByToken('u'), undefined);
    const claimed = await bench.claim();
    const again = claimed.find(({ claim }) => claim.runId === 'run_2');
    assert.ok(again);
    assert.equal((await bench.append(again.claim, 3, [hookCreated('hook_3', 't')])).kind, 'token-taken');
  },
};
