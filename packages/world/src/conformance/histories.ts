import assert from 'node:assert/strict';
import { each, refuses, type Suite } from './bench.ts';
import { type Draft, place, runStarted, stepCompleted, stepCreated, stepStarted } from './events.ts';

/** W1: dense from 1, never changing, read by prefix. */
export const historyTests: Suite = {
  async 'versions are dense from 1 and event ids sort like them'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted, stepCreated('step_a'), stepStarted('step_a')]);
    await bench.write(claim, 4, [stepCompleted('step_a')]);
    const history = await bench.world.runs.history('run_1');
    assert.deepEqual(
      history.map((event) => event.version),
      [1, 2, 3, 4, 5],
    );
    const ids = history.map((event) => event.eventId);
    assert.deepEqual(ids, [...ids].sort());
    assert.ok(history.every((event) => event.runId === 'run_1'));
  },

  async 'an earlier read is a prefix of a later one'(bench) {
    const claim = await bench.start('run_1');
    let earlier = await bench.world.runs.history('run_1');
    for (let n = 0; n < 10; n += 1) {
      await bench.write(claim, 1 + n, [stepCreated(`step_${n}`)]);
      const later = await bench.world.runs.history('run_1');
      assert.deepEqual(later.slice(0, earlier.length), earlier);
      earlier = later;
    }
  },

  async 'after and limit select a range'(bench) {
    const claim = await bench.start('run_1');
    const drafts = Array.from({ length: 150 }, (_, n) => stepCreated(`step_${n}`));
    await bench.write(claim, 1, drafts);
    const read = async (after: number, limit?: number) =>
      (await bench.world.runs.history('run_1', { after, limit })).map((event) => event.version);
    assert.deepEqual(await read(0, 2), [1, 2]);
    assert.deepEqual(await read(100, 3), [101, 102, 103]);
    assert.deepEqual(await read(149), [150, 151]);
    assert.deepEqual(await read(151), []);
    assert.deepEqual(await read(9999, 5), []);
    assert.deepEqual(await read(3, 0), []);
    assert.equal((await read(0)).length, 151);
  },

  async 'a range that makes no sense is refused'(bench) {
    await bench.start('run_1');
    await refuses('INPUT_INVALID', bench.world.runs.history('run_1', { after: -1 }));
    await refuses('INPUT_INVALID', bench.world.runs.history('run_1', { after: Number.NaN }));
    await refuses('INPUT_INVALID', bench.world.runs.history('run_1', { limit: 1.5 }));
  },

  async 'the history of an unknown run is refused'(bench) {
    await refuses('RUN_NOT_FOUND', bench.world.runs.history('run_unknown'));
  },

  async 'a history of 2,000 events comes back whole and in order'(bench) {
    const claim = await bench.start('run_1');
    for (let n = 0; n < 1999; n += 1) await bench.write(claim, 1 + n, [stepCreated(`step_${n}`, `[${n}]`)]);
    const history = await bench.world.runs.history('run_1');
    assert.equal(history.length, 2000);
    history.forEach((event, index) => {
      assert.equal(event.version, index + 1);
      if (event.eventType === 'step_created') assert.equal(event.eventData.input, `[${index - 1}]`);
    });
  },
};

const illegal: ReadonlyArray<readonly [string, readonly Draft[]]> = [
  ['a step outcome without its creation', [runStarted, stepCompleted('step_x'), stepCreated('step_b')]],
  ['a step created twice', [stepCreated('step_a'), stepCreated('step_a'), runStarted]],
  ['a second creation of the run', [stepCreated('step_a'), { ...createdAgain(), correlationId: undefined }]],
  ['a start that skips an attempt', [stepCreated('step_a'), stepStarted('step_a', 2), runStarted]],
];

const illegalInTheMiddle = each(
  illegal,
  ([name]) => `${name} in the middle of an append writes nothing, and the world goes on`,
  async (bench, [, drafts]) => {
    const claim = await bench.start('run_1');
    const before = await bench.world.runs.get('run_1');
    await refuses('HISTORY_INVALID', bench.append(claim, 1, drafts, { wakeAt: bench.now, release: true }));
    assert.deepEqual(await bench.types('run_1'), ['run_created']);
    assert.deepEqual(await bench.world.runs.get('run_1'), before);
    assert.deepEqual(await bench.world.runs.steps('run_1'), []);
    assert.deepEqual(await bench.claimedIds('worker_b'), [], 'the refused append released nothing');
    await bench.write(claim, 1, [runStarted, stepCreated('step_a'), stepStarted('step_a')]);
    assert.equal((await bench.world.runs.steps('run_1')).length, 1);
  },
);

/** W2: all or nothing. */
export const appendTests: Suite = {
  async 'events of one append become visible together, in order'(bench) {
    const claim = await bench.start('run_1');
    const drafts = [runStarted, stepCreated('step_a'), stepStarted('step_a')];
    const expected = place({ runId: 'run_1', after: 1, createdAt: bench.now }, drafts);
    assert.deepEqual(await bench.append(claim, 1, drafts), { kind: 'appended', version: 4 });
    assert.deepEqual(await bench.world.runs.history('run_1', { after: 1 }), expected);
  },

  ...illegalInTheMiddle,

  async 'events with versions that do not follow the tail are refused'(bench) {
    const claim = await bench.start('run_1');
    const events = place({ runId: 'run_1', after: 2, createdAt: bench.now }, [runStarted]);
    await refuses('HISTORY_INVALID', bench.world.runs.append(claim, events, { after: 1, wakeAt: null }));
    const foreign = place({ runId: 'run_2', after: 1, createdAt: bench.now }, [runStarted]);
    await refuses('HISTORY_INVALID', bench.world.runs.append(claim, foreign, { after: 1, wakeAt: null }));
    assert.deepEqual(await bench.types('run_1'), ['run_created']);
  },

  async 'an event from before the last one is refused'(bench) {
    const claim = await bench.start('run_1');
    bench.advance(-1);
    await refuses('HISTORY_INVALID', bench.append(claim, 1, [runStarted]));
  },

  async 'an append stores its wake time with its events'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted], { wakeAt: bench.now + 500, release: true });
    assert.deepEqual(await bench.claimedIds(), []);
    bench.advance(500);
    assert.deepEqual(await bench.claimedIds(), ['run_1']);
  },

  async 'an append without events changes the wake time only, at the tail only'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted]);
    assert.equal((await bench.append(claim, 1, [], { wakeAt: bench.now, release: true })).kind, 'tail-moved');
    assert.equal(await bench.write(claim, 2, [], { wakeAt: bench.now + 5, release: true }), 2);
    assert.deepEqual(await bench.types('run_1'), ['run_created', 'run_started']);
    bench.advance(5);
    assert.deepEqual(await bench.claimedIds(), ['run_1']);
  },

  async 'events and wake time survive a new start'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [runStarted, stepCreated('step_a')]);
    await bench.write(claim, 3, [], { wakeAt: bench.now + 500, release: true });
    const before = await bench.world.runs.history('run_1');
    const run = await bench.world.runs.get('run_1');
    if (!(await bench.reopen())) return;
    assert.deepEqual(await bench.world.runs.history('run_1'), before);
    assert.deepEqual(await bench.world.runs.get('run_1'), run);
    assert.deepEqual(await bench.claimedIds(), []);
    bench.advance(500);
    assert.deepEqual(await bench.claimedIds(), ['run_1']);
  },
};

function createdAgain(): Draft {
  return {
    eventType: 'run_created',
    eventData: { workflowName: 'flow', program: 'abc123', seed: 's33d', input: '[]' },
  };
}
