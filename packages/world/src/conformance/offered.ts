/** What the tests of offered steps do again and again. */
import assert from 'node:assert/strict';
import type { OfferedStep, StepOutcome } from '../steps.ts';
import type { AppendOptions, Claim } from '../world.ts';
import { type Bench, LEASE_MS } from './bench.ts';
import { runStarted, stepCreated, stepOffered } from './events.ts';

export const completed: StepOutcome = { eventType: 'step_completed', eventData: { output: '"done"' } };

/** A new run of `worker_a` that has started and offered steps: its version is 2 and two for each of them. */
export async function offer(
  bench: Bench,
  runId: string,
  ids: readonly string[],
  options: Partial<AppendOptions> = {},
): Promise<Claim> {
  const claim = await bench.start(runId);
  const offers = ids.flatMap((id) => [stepCreated(id), stepOffered(id)]);
  await bench.write(claim, 1, [runStarted, ...offers], options);
  return claim;
}

export async function claimSteps(bench: Bench, worker = 'worker_b', limit = 100): Promise<OfferedStep[]> {
  return (await bench.world.steps.claim({ worker, leaseMs: LEASE_MS, limit })).claimed;
}

/** The one step that may be claimed. */
export async function takeStep(bench: Bench, worker = 'worker_b'): Promise<OfferedStep> {
  const [step, ...more] = await claimSteps(bench, worker);
  assert.ok(step, 'a step may be claimed');
  assert.deepEqual(more, []);
  return step;
}
