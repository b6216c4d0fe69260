import assert from 'node:assert/strict';
import type { EventOf } from '../event.ts';
import type { StepClaim, StepOutcome } from '../steps.ts';
import { each, LEASE_MS, refuses, type Suite } from './bench.ts';
import * as draft from './events.ts';
import { offerEndTests } from './offer-ends.ts';
import { offerLeaseTests } from './offer-leases.ts';
import { claimSteps, completed, offer, takeStep } from './offered.ts';

const claimingTests: Suite = {
  async 'a claim comes with everything that a worker needs that never saw the run'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    bench.advance(5);
    const [step] = await claimSteps(bench, 'worker_b');
    const history = await bench.world.runs.history('run_1');
    assert.deepEqual(
      history.map(({ eventType }) => eventType),
      ['run_created', 'run_started', 'step_created', 'step_offered', 'step_started'],
    );
    assert.deepEqual(step, {
      claim: { runId: 'run_1', correlationId: 'step_a', attempt: 1, worker: 'worker_b' },
      created: history[2],
      started: history[4],
      failures: 0,
      run: { created: history[0], started: history[1] },
    });
    assert.deepEqual(history[4]?.eventData, { attempt: 1, worker: 'worker_b' });
    assert.equal(history[4]?.createdAt, bench.now);
  },

  async 'an offered step and its attempt are in the projection'(bench) {
    const offeredAt = bench.now;
    await offer(bench, 'run_1', ['step_a']);
    const rest = { correlationId: 'step_a', stepName: 'work', createdAt: offeredAt, offeredAt, failures: 0 };
    assert.deepEqual(await bench.world.runs.steps('run_1'), [{ ...rest, status: 'offered', attempt: 0 }]);
    bench.advance(5);
    await claimSteps(bench, 'worker_b');
    const running = { status: 'running', attempt: 1, startedAt: bench.now, worker: 'worker_b' };
    assert.deepEqual(await bench.world.runs.steps('run_1'), [{ ...rest, ...running }]);
  },

  async 'what is not offered is not handed out'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [
      draft.runStarted,
      draft.stepCreated('step_a'),
      draft.stepCreated('step_b'),
      draft.stepStarted('step_b'),
    ]);
    bench.advance(LEASE_MS * 10);
    const request = { worker: 'worker_b', leaseMs: LEASE_MS, limit: 5 };
    assert.deepEqual(await bench.world.steps.claim(request), { claimed: [], nextDueAt: null });
  },

  async 'the longest offered come first, up to the limit'(bench) {
    for (const n of [1, 2, 3]) {
      await offer(bench, `run_${n}`, [`step_${n}`]);
      bench.advance(10);
    }
    const request = { worker: 'worker_b', leaseMs: LEASE_MS, limit: 2 };
    const { claimed, nextDueAt } = await bench.world.steps.claim(request);
    assert.deepEqual(idsOf(claimed), ['step_1', 'step_2']);
    assert.ok(nextDueAt !== null && nextDueAt <= bench.now, 'more of them may be claimed');
    const more = await bench.world.steps.claim({ ...request, worker: 'worker_c' });
    assert.deepEqual(idsOf(more.claimed), ['step_3']);
    assert.ok(more.nextDueAt !== null && more.nextDueAt <= bench.now + LEASE_MS, 'a lease may end');
    assert.deepEqual(await bench.world.steps.claim({ ...request, limit: 0 }).then(({ claimed: c }) => c), []);
  },

  async 'a request for some steps leaves others alone'(bench) {
    await offer(bench, 'run_1', ['step_a']);
    const request = { worker: 'worker_b', leaseMs: LEASE_MS, limit: 5 };
    const other = await bench.world.steps.claim({ ...request, stepNames: ['rest', 'nothing'] });
    assert.deepEqual(other, { claimed: [], nextDueAt: null });
    const own = await bench.world.steps.claim({ ...request, stepNames: ['rest', 'work'] });
    assert.deepEqual(idsOf(own.claimed), ['step_a']);
  },

  async 'each offered step goes to exactly one of many concurrent claimers'(bench) {
    await offer(
      bench,
      'run_1',
      Array.from({ length: 20 }, (_, n) => `step_a${n}`),
    );
    await offer(
      bench,
      'run_2',
      Array.from({ length: 20 }, (_, n) => `step_b${n}`),
    );
    const all = await Promise.all(Array.from({ length: 10 }, (_, n) => claimSteps(bench, `worker_${n}`, 7)));
    const ids = idsOf(all.flat());
    assert.equal(ids.length, 40);
    assert.equal(new Set(ids).size, 40);
    const history = await bench.world.runs.history('run_1');
    assert.deepEqual(
      history.map(({ version }) => version),
      Array.from({ length: 62 }, (_, n) => n + 1),
    );
  },

  async 'a claim leaves the wake time and the owner of the run alone'(bench) {
    const claim = await offer(bench, 'run_1', ['step_a'], { wakeAt: bench.now + 50 });
    await claimSteps(bench, 'worker_b');
    await bench.write(claim, 5, [], { wakeAt: bench.now + 50, release: true });
    assert.deepEqual(await bench.claimedIds('worker_c'), []);
    bench.advance(50);
    assert.deepEqual(await bench.claimedIds('worker_c'), ['run_1']);
  },

  async 'an owner that has not seen a claim is told what it missed'(bench) {
    const claim = await offer(bench, 'run_1', ['step_a']);
    const step = await takeStep(bench);
    const result = await bench.append(claim, 4, [draft.runCompleted]);
    assert.deepEqual(result, { kind: 'tail-moved', missed: [step.started] });
  },

  async 'a request that makes no sense is refused'(bench) {
    const { steps } = bench.world;
    const wrong = [
      { worker: '../w', leaseMs: 10, limit: 1 },
      { worker: 'w', leaseMs: 0, limit: 1 },
      { worker: 'w', leaseMs: 10, limit: -1 },
    ];
    for (const request of wrong) await refuses('INPUT_INVALID', steps.claim(request));
    await refuses('INPUT_INVALID', steps.renew({ worker: 'w', leaseMs: 0, claims: [] }));
  },
};

const ownerTests: Suite = {
  async 'a look for due runs tells whether steps may be claimed'(bench) {
    const claim = await offer(bench, 'run_1', ['step_a']);
    await bench.write(claim, 4, [], { release: true });
    const look = async () => {
      const answer = await bench.world.runs.claim({ worker: 'worker_b', leaseMs: LEASE_MS, limit: 5 });
      const { claimed, nextWakeAt, offered } = answer;
      return { claimed, nextWakeAt, offered };
    };
    assert.deepEqual(await look(), { claimed: [], nextWakeAt: null, offered: true });
    const { claim: held } = await takeStep(bench);
    const { offered, nextWakeAt } = await look();
    assert.equal(offered, false);
    assert.ok(nextWakeAt !== null && nextWakeAt <= bench.now + LEASE_MS, 'its lease may end');
    await bench.world.steps.finish(held, completed);
    await bench.write((await bench.claim())[0]!.claim, 6, [], { release: true });
    assert.deepEqual(await look(), { claimed: [], nextWakeAt: null, offered: false });
  },

  async 'what is offered after its retry comes with its failures'(bench) {
    const claim = await offer(bench, 'run_1', ['step_a']);
    const { claim: first } = await takeStep(bench);
    const eventData = { attempt: 1, error: '"e"', retryAt: bench.now + 100 };
    await bench.world.steps.finish(first, { eventType: 'step_retrying', eventData });
    assert.deepEqual(await claimSteps(bench), [], 'until it is offered again it is its owner’s');
    bench.advance(100);
    await bench.write(claim, 6, [draft.stepOffered('step_a', 1)]);
    const again = await takeStep(bench);
    assert.deepEqual([again.claim.attempt, again.failures, again.created.version], [2, 1, 3]);
  },

  async 'what came back after a retry or from a worker may be started by its owner'(bench) {
    const claim = await offer(bench, 'run_1', ['step_a']);
    const { claim: first } = await takeStep(bench);
    const reason = { code: 'UNREADABLE', message: 'no key' };
    await bench.world.steps.finish(first, { eventType: 'step_returned', eventData: { attempt: 1, reason } });
    await bench.write(claim, 6, [draft.stepStarted('step_a', 2), draft.stepCompleted('step_a')]);
    assert.deepEqual(await claimSteps(bench), []);
  },

  async 'what is offered is not its owner’s to start or to end'(bench) {
    const claim = await offer(bench, 'run_1', ['step_a']);
    await refuses('HISTORY_INVALID', bench.append(claim, 4, [draft.stepStarted('step_a')]));
    await refuses('HISTORY_INVALID', bench.append(claim, 4, [draft.stepCompleted('step_a')]));
    await takeStep(bench);
    await refuses('HISTORY_INVALID', bench.append(claim, 5, [draft.stepStarted('step_a', 2)]));
    await refuses('HISTORY_INVALID', bench.append(claim, 5, [draft.stepFailed('step_a')]));
    await refuses('HISTORY_INVALID', bench.append(claim, 5, [draft.stepOffered('step_a')]));
    assert.equal((await bench.types('run_1')).length, 5, 'nothing was written');
  },

  async 'nothing is offered in a run that has not started, or that runs, or is over'(bench) {
    const claim = await bench.start('run_1');
    await refuses(
      'HISTORY_INVALID',
      bench.append(claim, 1, [draft.stepCreated('step_a'), draft.stepOffered('step_a')]),
    );
    await bench.write(claim, 1, [draft.runStarted, draft.stepCreated('step_a'), draft.stepStarted('step_a')]);
    await refuses('HISTORY_INVALID', bench.append(claim, 4, [draft.stepOffered('step_a')]));
    await bench.write(claim, 4, [draft.stepCompleted('step_a')]);
    await refuses('HISTORY_INVALID', bench.append(claim, 5, [draft.stepOffered('step_a')]));
  },
};

interface EndCase {
  readonly outcome: StepOutcome;
  readonly status: string;
}

const reason = { code: 'UNREADABLE', message: 'no key', hint: 'give it one' };
const outcomes: readonly EndCase[] = [
  { status: 'completed', outcome: completed },
  { status: 'failed', outcome: { eventType: 'step_failed', eventData: { error: '"e"', attempts: 1 } } },
  {
    status: 'retrying',
    outcome: { eventType: 'step_retrying', eventData: { attempt: 1, error: '"e"', retryAt: 5 } },
  },
  { status: 'pending', outcome: { eventType: 'step_returned', eventData: { attempt: 1, reason } } },
];

const outcomeTests: Suite = each(
  outcomes,
  ({ outcome }) => `a ${outcome.eventType} is at the tail, makes the run due, and comes once`,
  async (bench, { outcome, status }) => {
    const { steps, runs } = bench.world;
    const owner = await offer(bench, 'run_1', ['step_a']);
    const { claim } = await takeStep(bench);
    await bench.write(owner, 5, [], { release: true });
    bench.advance(7);
    assert.deepEqual(await steps.finish(claim, outcome), { kind: 'finished', version: 6 });
    const [event] = await runs.history('run_1', { after: 5 });
    const { eventType, eventData, correlationId, createdAt } = event as EventOf<'step_completed'>;
    assert.deepEqual({ eventType, eventData }, outcome);
    assert.deepEqual([correlationId, createdAt], ['step_a', bench.now]);
    const [step] = await runs.steps('run_1');
    assert.equal(step?.status, status);
    assert.deepEqual([step?.offeredAt, step?.failures], [undefined, undefined]);
    assert.deepEqual(await steps.finish(claim, outcome), { kind: 'finished', version: 6 }, 'a lost reply');
    assert.deepEqual(await bench.claimedIds(), ['run_1']);
    assert.equal((await bench.types('run_1')).length, 6);
  },
);

function idsOf(steps: readonly { readonly claim: StepClaim }[]): string[] {
  return steps.map(({ claim }) => claim.correlationId);
}

/** O1 to O5: steps that any worker may run. */
export const offerTests: Suite = {
  ...claimingTests,
  ...ownerTests,
  ...outcomeTests,
  ...offerLeaseTests,
  ...offerEndTests,
};
