import assert from 'node:assert/strict';
import { attributes, badAttributes } from '@workbench/workflows/attributes.ts';
import * as children from '@workbench/workflows/children.ts';
import { awaitsOne } from '@workbench/workflows/hooks.ts';
import { addTen } from '@workbench/workflows/steps.ts';
import { sleeps } from '@workbench/workflows/time.ts';
import { type Case, count } from '../app.ts';

export const runCases: readonly Case[] = [
  {
    name: 'children give their results to their parent',
    order: 'timed',
    async play(app) {
      const run = await app.start(children.parent, [8]);
      assert.deepEqual(await run.returnValue, [100, 101, 102, 103, 104, 105, 106, 107]);
      const history = await app.history(run.runId);
      assert.equal(count(history, 'child_completed'), 8);
    },
  },
  {
    name: 'a child gives its failure, class and fields intact',
    order: 'timed',
    async play(app) {
      const run = await app.start(children.parentOfFailure, []);
      assert.deepEqual(await run.returnValue, ['WorkflowRunFailedError', true, 'child 7', 7]);
    },
  },
  {
    name: 'a parent cancels its child',
    order: 'timed',
    async play(app) {
      const run = await app.start(children.parentCancels, []);
      assert.deepEqual(await run.returnValue, ['WorkflowRunCancelledError', 'cancelled']);
    },
  },
  {
    name: 'a run that a step starts is a child of the run of the step',
    order: 'timed',
    async play(app) {
      const run = await app.start(children.childOfStep, [5]);
      assert.deepEqual(await run.returnValue, [105, run.runId]);
    },
  },
  {
    name: 'a workflow that starts itself',
    order: 'timed',
    async play(app) {
      const run = await app.start(children.countdown, [4]);
      assert.equal(await run.returnValue, '4 3 2 1 bottom');
    },
  },
  {
    name: 'a workflow resumes the hook of another run',
    order: 'timed',
    async play(app) {
      const token = app.token('told');
      const waiting = await app.start(awaitsOne, [token]);
      await app.until(waiting.runId, (history) => count(history, 'hook_created') === 1);
      const telling = await app.start(children.tells, [token, { news: true }]);
      assert.equal(await telling.returnValue, waiting.runId);
      assert.deepEqual(await waiting.returnValue, { news: true });
    },
  },
  {
    name: 'attributes from start, workflow and step, read back everywhere',
    order: 'timed',
    async play(app) {
      const run = await app.start(attributes, [], { attributes: { origin: 'case' } });
      const all = { origin: 'case', stage: 'begun', fromStep: 'yes' };
      assert.deepEqual(await run.returnValue, [all, all]);
      assert.deepEqual(await run.attributes, all);
    },
  },
  {
    name: 'attributes have limits',
    async play(app) {
      const run = await app.start(badAttributes, []);
      const invalid = Array(3).fill('ATTRIBUTE_INVALID');
      assert.deepEqual(await run.returnValue, [...invalid, 'ATTRIBUTES_TOO_MANY']);
    },
  },
  {
    name: 'one live run has a key under many callers: join, fail, replace',
    order: 'timed',
    async play(app) {
      const key = app.token('key');
      const joined = await Promise.all(
        Array.from({ length: 50 }, () => app.start(sleeps, [3_600_000], { key })),
      );
      const ids = new Set(joined.map(({ runId }) => runId));
      assert.equal(ids.size, 1);
      await assert.rejects(app.start(sleeps, [1], { key, onConflict: 'fail' }), { code: 'KEY_TAKEN' });
      await assert.rejects(app.start(addTen, [1], { key }), { code: 'KEY_OF_ANOTHER_WORKFLOW' });
      const replacing = await app.start(addTen, [1], { key, onConflict: 'replace' });
      assert.equal(await replacing.returnValue, 11);
      assert.equal(await joined[0]!.status, 'cancelled');
    },
  },
  {
    name: 'wakeUp ends a sleep',
    async play(app) {
      const run = await app.start(sleeps, [0]);
      assert.equal(await run.returnValue, true);
      const long = await app.start(sleeps, [3_600_000]);
      await app.until(long.runId, (history) => count(history, 'wait_created') === 1);
      assert.deepEqual(await long.wakeUp(), { stoppedCount: 1 });
      assert.equal(await long.returnValue, false);
    },
  },
  {
    name: 'cancel ends a run for good',
    async play(app) {
      const run = await app.start(sleeps, [3_600_000]);
      await app.until(run.runId, (history) => count(history, 'wait_created') === 1);
      await run.cancel({ cancelReason: 'enough' });
      await run.cancel();
      await assert.rejects(run.returnValue, { name: 'WorkflowRunCancelledError', message: /enough/ });
      assert.equal(await run.status, 'cancelled');
    },
  },
];
