import assert from 'node:assert/strict';
import type { ListRequest } from '../world.ts';
import { type Bench, cancelled, refuses, type Suite } from './bench.ts';
import { runCompleted, runCreated, runFailed, runPaused, runStarted } from './events.ts';

async function fill(bench: Bench): Promise<void> {
  for (let n = 0; n < 9; n += 1) {
    const runId = `run_${n}`;
    bench.advance(10);
    const claim = await bench.start(runId);
    await bench.write(claim, 1, [runStarted]);
    bench.advance(1);
    if (n % 3 === 0) await bench.write(claim, 2, [n === 3 ? runFailed : runCompleted]);
    if (n === 4) await bench.write(claim, 2, [runPaused], { release: true });
    if (n === 5) await bench.world.runs.send(runId, cancelled('key_1', 'why'));
  }
}

async function pages(bench: Bench, request: ListRequest): Promise<string[][]> {
  const found: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await bench.world.runs.list({ ...request, cursor });
    found.push(page.runs.map((run) => run.runId));
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < 50);
  return found;
}

export const listingTests: Suite = {
  async 'an empty world lists nothing'(bench) {
    assert.deepEqual(await bench.world.runs.list(), { runs: [] });
  },

  async 'runs come newest first, page by page, each once'(bench) {
    await fill(bench);
    assert.deepEqual(await pages(bench, { limit: 4 }), [
      ['run_8', 'run_7', 'run_6', 'run_5'],
      ['run_4', 'run_3', 'run_2', 'run_1'],
      ['run_0'],
    ]);
    assert.deepEqual(await pages(bench, { limit: 3 }), [
      ['run_8', 'run_7', 'run_6'],
      ['run_5', 'run_4', 'run_3'],
      ['run_2', 'run_1', 'run_0'],
    ]);
  },

  async 'a listed run is the run as get gives it, ended or not'(bench) {
    await fill(bench);
    const check = async () => {
      for (const run of (await bench.world.runs.list()).runs) {
        assert.deepEqual(run, await bench.world.runs.get(run.runId));
      }
    };
    await check();
    if (await bench.reopen()) await check();
  },

  async 'status and workflow name filter, over pages too'(bench) {
    await fill(bench);
    await bench.world.runs.create(runCreated('run_9', bench.now, { workflowName: 'other' }));
    assert.deepEqual(await pages(bench, { status: 'completed', limit: 1 }), [['run_6'], ['run_0']]);
    assert.deepEqual(await pages(bench, { status: 'failed' }), [['run_3']]);
    assert.deepEqual(await pages(bench, { status: 'cancelled' }), [['run_5']]);
    assert.deepEqual(await pages(bench, { status: 'paused' }), [['run_4']]);
    assert.deepEqual(await pages(bench, { status: 'pending' }), [['run_9']]);
    assert.deepEqual(await pages(bench, { status: 'running', limit: 2 }), [
      ['run_8', 'run_7'],
      ['run_2', 'run_1'],
    ]);
    assert.deepEqual(await pages(bench, { workflowName: 'other' }), [['run_9']]);
    assert.deepEqual(await pages(bench, { workflowName: 'other', status: 'failed' }), [[]]);
  },

  async 'a cursor need not be a run that exists'(bench) {
    await fill(bench);
    const page = await bench.world.runs.list({ cursor: 'run_2x', limit: 2 });
    assert.deepEqual(
      page.runs.map((run) => run.runId),
      ['run_2', 'run_1'],
    );
    assert.deepEqual((await bench.world.runs.list({ cursor: '../' })).runs, []);
  },

  async 'a limit that makes no sense is refused'(bench) {
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      await refuses('INPUT_INVALID', bench.world.runs.list({ limit }));
    }
  },
};
