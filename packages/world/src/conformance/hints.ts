import assert from 'node:assert/strict';
import type { Hint } from '../world.ts';
import { type Bench, LEASE_MS, received, type Suite } from './bench.ts';
import { hookCreated, runCompleted, runCreated } from './events.ts';

export async function hinted(bench: Bench, hints: readonly Hint[], kind: Hint['kind']): Promise<void> {
  // Hints may take a few turns of the event loop; real time is only the bound of the failure.
  for (const deadline = Date.now() + 5000; Date.now() < deadline; ) {
    if (hints.some((hint) => hint.kind === kind && hint.runId === 'run_1')) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail(`no hint of kind ${kind} in ${bench.world.name}: ${JSON.stringify(hints)}`);
}

/** W7: hints arrive; nothing else in this suite relies on them. */
export const hintTests: Suite = {
  async 'a run that becomes due, moves or ends is hinted at'(bench) {
    const hints: Hint[] = [];
    bench.world.runs.watch((hint) => hints.push(hint));
    await bench.world.runs.create(runCreated('run_1', bench.now));
    await hinted(bench, hints, 'due');
    const [taken] = await bench.claim();
    assert.ok(taken);
    await bench.write(taken.claim, 1, [hookCreated('hook_a', 't')]);
    await bench.world.runs.send('run_1', received('key_1', 'hook_a'));
    await hinted(bench, hints, 'moved');
    await bench.write(taken.claim, 3, [runCompleted]);
    await hinted(bench, hints, 'ended');
  },

  async 'an abort that takes its run along is hinted at: attempts of steps listen for it'(bench) {
    const hints: Hint[] = [];
    await bench.world.runs.create(runCreated('run_1', bench.now));
    bench.world.runs.watch((hint) => hints.push(hint));
    const eventData = { reason: '"enough"' };
    const abort = { eventType: 'abort_requested', key: 'key_1', correlationId: 'abrt_a', eventData } as const;
    const claimFor = { worker: 'worker_a', leaseMs: LEASE_MS };
    const { claim } = await bench.world.runs.send('run_1', abort, { claimFor });
    assert.ok(claim);
    await hinted(bench, hints, 'moved');
  },

  async 'a listener that throws hurts neither the writer nor other listeners'(bench) {
    const hints: Hint[] = [];
    bench.world.runs.watch(() => {
      throw new Error('from a listener');
    });
    bench.world.runs.watch((hint) => hints.push(hint));
    await bench.world.runs.create(runCreated('run_1', bench.now));
    await hinted(bench, hints, 'due');
  },

  async 'a listener that was stopped hears no more'(bench) {
    const stopped: Hint[] = [];
    const hints: Hint[] = [];
    const stop = bench.world.runs.watch((hint) => stopped.push(hint));
    bench.world.runs.watch((hint) => hints.push(hint));
    stop();
    stop();
    await bench.world.runs.create(runCreated('run_1', bench.now));
    await hinted(bench, hints, 'due');
    assert.deepEqual(stopped, []);
  },
};
