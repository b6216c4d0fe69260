import assert from 'node:assert/strict';
import * as errors from '@workbench/workflows/errors.ts';
import * as runaway from '@workbench/workflows/runaway.ts';
import { addTen } from '@workbench/workflows/steps.ts';
import type { Run } from 'perdure/api';
import { type App, type Case, count } from '../app.ts';

const returns = (workflow: () => Promise<unknown>, expected: unknown): Case => ({
  name: workflow.name,
  async play(app) {
    const run = await app.start(workflow, []);
    assert.deepEqual(await run.returnValue, expected);
  },
});

const fails = (workflow: () => Promise<unknown>, check: (error: FailedRun) => void): Case => ({
  name: `${workflow.name} fails the run`,
  async play(app) {
    const run = await app.start(workflow, []);
    const error = await run.returnValue.then(
      () => assert.fail('expected the run to fail'),
      (caught: unknown) => caught as FailedRun,
    );
    assert.equal(error.name, 'WorkflowRunFailedError');
    assert.equal(await run.status, 'failed');
    check(error);
  },
});

interface FailedRun extends Error {
  readonly errorCode: string;
  readonly cause: Error & Record<string, unknown>;
}

const noRetry =
  'Step "step//@workbench/workflows/src/errors//neverRetried" failed after 1 attempt: attempt 1';

/** A run that waits for a repair is not failed, and can be ended. */
async function pauses(app: App, run: Run<unknown>, code: string): Promise<void> {
  await app.until(run.runId, (history) => count(history, 'run_paused') > 0);
  const paused = (await app.history(run.runId)).find(({ eventType }) => eventType === 'run_paused')!;
  assert.equal((paused.eventData as { reason: { code: string } }).reason.code, code);
  await run.cancel();
  assert.equal(await run.status, 'cancelled');
}

export const errorCases: readonly Case[] = [
  {
    name: 'retryUntilThird keeps the attempts and their errors in the history',
    async play(app) {
      const run = await app.start(errors.retryUntilThird, []);
      assert.equal(await run.returnValue, 3);
      const history = await app.history(run.runId);
      assert.equal(count(history, 'step_started'), 3);
      assert.equal(count(history, 'step_retrying'), 2);
    },
  },
  returns(errors.retryOrdinaryError, 2),
  returns(errors.retryDisabled, ['FatalError', noRetry, 'attempt 1']),
  returns(errors.fatalIsCatchable, 'true true stop here'),
  returns(errors.causeArrives, { code: 7, list: [1] }),
  returns(errors.retryPolicy, 'attempt 2'),
  returns(errors.stepTimeout, 'STEP_TIMEOUT'),
  returns(errors.finallyRuns, ['cleanup 5', 'inner']),
  returns(errors.passesFunction, 'SerializationError .args[0]'),
  fails(errors.throwsError, ({ cause }) => {
    assert.ok(cause instanceof RangeError);
    assert.deepEqual([cause.message, cause.limit], ['out of it', 4]);
    assert.match(cause.stack ?? '', /workflows\/src\/errors\.ts:\d+/);
  }),
  fails(errors.throwsValue, ({ cause }) => assert.deepEqual(cause, { just: 'data' })),
  fails(errors.throwsFromAnotherFile, ({ cause }) => {
    const frames = (cause.stack ?? '').split('\n').filter((line) => line.includes('/src/'));
    assert.match(frames[0] ?? '', /throwFromAnotherFile.*workflows\/src\/throws\.ts:2/);
    assert.match(frames[1] ?? '', /throwsFromAnotherFile.*workflows\/src\/errors\.ts:\d+/);
    assert.doesNotMatch(cause.stack ?? '', /node:vm|sandbox\.ts|perdure-program/);
  }),
  fails(errors.rejectionBeforeAwait, ({ cause }) => assert.equal(cause.message, 'too late to matter')),
  fails(errors.returnsFunction, ({ cause, errorCode }) => {
    assert.equal(errorCode, 'NOT_SERIALIZABLE');
    assert.equal(cause.path, '.handlers[0]');
  }),
  ...[runaway.whileTrue, runaway.awaitsNothingForever, runaway.callsItselfForever].map((workflow) =>
    fails(workflow, ({ errorCode, cause }) => {
      assert.equal(errorCode, 'TURN_BUDGET_EXCEEDED');
      assert.match(cause.stack ?? '', /workflows\/src\/runaway\.ts:\d+/);
    }),
  ),
  {
    name: 'start() refuses what cannot be stored, with its path',
    async play(app) {
      const callback = (() => 1) as unknown as number;
      await assert.rejects(app.start(addTen, [callback]), { name: 'SerializationError', path: '.args[0]' });
    },
  },
  {
    name: 'the stack of a step names the files and functions of the user',
    async play(app) {
      const stack = await (await app.start(errors.stepThrowsFromAnotherFile, [])).returnValue;
      const frames = stack.split('\n').filter((line) => line.includes('/src/'));
      assert.match(frames[0] ?? '', /throwFromAnotherFile.*workflows\/src\/throws\.ts:2/);
      assert.match(frames[1] ?? '', /throwsOutside.*workflows\/src\/errors\.ts:\d+/);
    },
  },
  returns(errors.stepThrowsValue, { just: ['data'] }),
  {
    name: 'a step result that cannot be stored fails at once, with its path',
    async play(app) {
      const run = await app.start(errors.stepReturnsFunction, []);
      assert.equal(await run.returnValue, 'SerializationError .made.here');
      assert.equal(count(await app.history(run.runId), 'step_started'), 1);
    },
  },
  fails(errors.throwsFunction, ({ errorCode }) => assert.equal(errorCode, 'NOT_SERIALIZABLE')),
  {
    name: 'the delay of a retry is kept',
    async play(app) {
      const run = await app.start(errors.keepsDelay, []);
      assert.equal(await run.returnValue, 2);
      const history = await app.history(run.runId);
      const retrying = history.find(({ eventType }) => eventType === 'step_retrying')!;
      const again = history.findLast(({ eventType }) => eventType === 'step_started')!;
      assert.ok(again.createdAt - retrying.createdAt >= 60);
    },
  },
  {
    name: 'a workflow that is not registered pauses its run, which says so',
    reports: 'WorkflowNotRegisteredError',
    order: 'contended',
    async play(app) {
      await pauses(
        app,
        await app.start({ workflowId: 'workflow//nowhere//none' }, []),
        'WORKFLOW_NOT_REGISTERED',
      );
    },
  },
  {
    name: 'a step that is not registered pauses its run, which says so',
    reports: 'StepNotRegisteredError',
    order: 'contended',
    async play(app) {
      const missing = Object.assign(async () => 1, { stepId: 'step//nowhere//none' });
      await pauses(app, await app.start(errors.callsGiven, [missing]), 'STEP_NOT_REGISTERED');
    },
  },
];
