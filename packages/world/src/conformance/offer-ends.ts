import assert from 'node:assert/strict';
import type { StepOutcome } from '../steps.ts';
import type { Claim, Hint } from '../world.ts';
import { type Bench, cancelled, each, LEASE_MS, refuses, type Suite } from './bench.ts';
import { abortRequested, runCompleted, runFailed, runStarted, stepCreated, stepOffered } from './events.ts';
import { hinted } from './hints.ts';
import { claimSteps, completed, offer, takeStep } from './offered.ts';

interface End {
  readonly name: string;
  readonly end: (bench: Bench, owner: Claim) => Promise<unknown>;
}

const ends: readonly End[] = [
  { name: 'completed', end: (bench, owner) => bench.write(owner, 7, [runCompleted]) },
  { name: 'failed', end: (bench, owner) => bench.write(owner, 7, [runFailed]) },
  { name: 'cancelled', end: (bench) => bench.world.runs.send('run_1', cancelled('key_1')) },
];

const withdrawalTests: Suite = each(
  ends,
  ({ name }) => `a run that is ${name} withdraws its offers and their claims`,
  async (bench, { end }) => {
    const { steps, runs } = bench.world;
    const owner = await offer(bench, 'run_1', ['step_a', 'step_b']);
    const [step] = await claimSteps(bench, 'worker_b', 1);
    await end(bench, owner);
    const renewal = { worker: 'worker_b', leaseMs: LEASE_MS, claims: [step!.claim] };
    assert.deepEqual(await steps.renew(renewal), { lost: [step!.claim] });
    assert.deepEqual(await steps.finish(step!.claim, completed), { kind: 'claim-lost' });
    bench.advance(LEASE_MS * 2);
    assert.deepEqual(await claimSteps(bench, 'worker_c'), []);
    const look = await runs.claim({ worker: 'worker_c', leaseMs: LEASE_MS, limit: 5 });
    const { claimed, nextWakeAt, offered } = look;
    assert.deepEqual([claimed, nextWakeAt, offered], [[], null, false]);
    assert.equal((await bench.types('run_1')).length, 8);
  },
);

const finishTests: Suite = {
  async 'the same finish is answered alike after the next attempt, the end of the run and a new start'(
    bench,
  ) {
    const owner = await offer(bench, 'run_1', ['step_a']);
    const { claim: first } = await takeStep(bench);
    const retrying: StepOutcome = {
      eventType: 'step_retrying',
      eventData: { attempt: 1, error: '"e"', retryAt: bench.now },
    };
    const check = async (claim: typeof first, outcome: StepOutcome, version: number) =>
      assert.deepEqual(await bench.world.steps.finish(claim, outcome), { kind: 'finished', version });
    await check(first, retrying, 6);
    await bench.write(owner, 6, [stepOffered('step_a', 1)]);
    const { claim: second } = await takeStep(bench);
    await check(first, retrying, 6);
    await check(second, completed, 9);
    await bench.write(owner, 9, [runCompleted]);
    await check(first, retrying, 6);
    await check(second, completed, 9);
    assert.equal((await bench.types('run_1')).length, 10);
    if (!(await bench.reopen())) return;
    await check(second, completed, 9);
  },

  async 'an outcome that is none, or of another attempt, is refused'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    const { claim } = await takeStep(bench);
    const wrong: unknown[] = [
      { eventType: 'step_started', eventData: { attempt: 2, worker: 'worker_b' } },
      { eventType: 'run_completed', eventData: { output: '1' } },
      { eventType: '__proto__', eventData: {} },
      { eventType: 'step_completed' },
      { eventType: 'step_completed', eventData: { output: 1 } },
      { eventType: 'step_failed', eventData: { error: '"e"' } },
      { eventType: 'step_retrying', eventData: { attempt: 2, error: '"e"', retryAt: 5 } },
      { eventType: 'step_returned', eventData: { attempt: 2, reason: { code: 'A', message: 'b' } } },
      null,
    ];
    for (const outcome of wrong)
      await refuses('INPUT_INVALID', bench.world.steps.finish(claim, outcome as StepOutcome));
    assert.equal((await bench.types('run_1')).length, 5);
  },

  async 'a claim that never was is lost'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    const claim = { runId: 'run_1', correlationId: 'step_a', attempt: 1, worker: 'worker_b' };
    for (const change of [{}, { runId: 'run_x' }, { correlationId: 'step_x' }, { attempt: 7 }]) {
      const result = await bench.world.steps.finish({ ...claim, ...change }, completed);
      assert.deepEqual(result, { kind: 'claim-lost' });
    }
    assert.equal((await bench.types('run_1')).length, 4);
  },

  async 'the end of an attempt is never older than the last event'(bench) {
    const owner = await offer(bench, 'run_1', ['step_a']);
    const { claim } = await takeStep(bench);
    bench.advance(50);
    await bench.write(owner, 5, [stepCreated('step_b')]);
    bench.advance(-50);
    await bench.world.steps.finish(claim, completed);
    const [event] = await bench.world.runs.history('run_1', { after: 6 });
    assert.equal(event?.createdAt, bench.now + 50);
  },
};

const survivalTests: Suite = {
  async 'offers outlive the process, with their attempts and their order'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    const { claim: stale } = await takeStep(bench);
    bench.advance(5);
    const owner = await bench.start('run_2');
    await bench.write(owner, 1, [runStarted, stepCreated('step_b')]);
    await bench.write(owner, 3, [stepOffered('step_b')]);
    bench.advance(5);
    await offer(bench, 'run_3', ['step_c']);
    if (!(await bench.reopen())) return;
    assert.deepEqual(
      (await claimSteps(bench, 'worker_c')).map(({ claim }) => claim.correlationId).slice(-2),
      ['step_b', 'step_c'],
    );
    bench.advance(LEASE_MS);
    const all = await claimSteps(bench, 'worker_d');
    const attempts = Object.fromEntries(all.map(({ claim }) => [claim.correlationId, claim.attempt]));
    assert.ok(attempts.step_a === 2 || attempts.step_a === 3, 'handed out again, before or after the lease');
    assert.deepEqual(all[0]?.created.correlationId, all[0]?.claim.correlationId);
    assert.deepEqual(await bench.world.steps.finish(stale, completed), { kind: 'claim-lost' });
  },

  async 'clear forgets offers and their claims'(bench) {
    await offer(bench, 'run_1', ['step_a', 'step_b']);
    const [{ claim } = assert.fail('no step')] = await claimSteps(bench, 'worker_b', 1);
    await bench.world.clear();
    bench.advance(LEASE_MS);
    assert.deepEqual(await claimSteps(bench), []);
    assert.deepEqual(await bench.world.steps.finish(claim, completed), { kind: 'claim-lost' });
  },

  async 'a step that may be claimed is hinted at, offered and released'(bench) {
    const hints: Hint[] = [];
    bench.world.runs.watch((hint) => hints.push(hint));
    await offer(bench, 'run_1', ['step_a']);
    await hinted(bench, hints, 'offered');
    const { claim } = await takeStep(bench);
    hints.length = 0;
    await bench.world.steps.release([claim]);
    await hinted(bench, hints, 'offered');
    const again = await takeStep(bench);
    hints.length = 0;
    await bench.world.steps.finish(again.claim, completed);
    await hinted(bench, hints, 'moved');
  },

  async 'an abort by the owner is hinted at: attempts elsewhere listen'(bench) {
    const hints: Hint[] = [];
    const owner = await offer(bench, 'run_1', ['step_a']);
    await takeStep(bench);
    bench.world.runs.watch((hint) => hints.push(hint));
    await bench.write(owner, 5, [abortRequested('abrt_a')]);
    await hinted(bench, hints, 'moved');
  },
};

/** O4, O5 and O1: attempts end once, runs end their offers, offers outlive processes. */
export const offerEndTests: Suite = { ...withdrawalTests, ...finishTests, ...survivalTests };
