import assert from 'node:assert/strict';
import { attributes, badAttributes } from '@workbench/workflows/attributes.ts';
import * as children from '@workbench/workflows/children.ts';
import { awaitsOne } from '@workbench/workflows/hooks.ts';
import { addTen } from '@workbench/workflows/steps.ts';
import { sleeps } from '@workbench/workflows/time.ts';
import type { Run } from 'perdure/api';
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
      await app.until(joined[0]!.runId, (history) => count(history, 'wait_created') === 1);
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
  {
    name: 'of fifty callers with one key, one starts a run and the others fail',
    order: 'contended',
    async play(app) {
      const key = app.token('one of fifty');
      const options = { key, onConflict: 'fail' } as const;
      const settled = await Promise.allSettled(
        Array.from({ length: 50 }, () => app.start(sleeps, [3_600_000], options)),
      );
      const refusals = settled.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      assert.deepEqual(new Set(refusals.map(({ reason }) => reason.code)), new Set(['KEY_TAKEN']));
      assert.equal(refusals.length, 49);
      const started = settled.find(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<
        Run<boolean>
      >;
      await started.value.cancel();
    },
  },
  {
    name: 'of fifty callers that replace, the last run is alive and the others are cancelled',
    order: 'contended',
    async play(app) {
      const key = app.token('replaced');
      const options = { key, onConflict: 'replace' } as const;
      const runs = await Promise.all(
        Array.from({ length: 50 }, () => app.start(sleeps, [3_600_000], options)),
      );
      const statuses = await Promise.all(runs.map((run) => run.status));
      const alive = runs.filter((_run, i) => statuses[i] !== 'cancelled');
      assert.equal(new Set(runs.map(({ runId }) => runId)).size, 50);
      assert.equal(alive.length, 1);
      await alive[0]!.cancel();
    },
  },
  {
    name: 'a thousand children',
    order: 'contended',
    async play(app) {
      const run = await app.start(children.parent, [1_000]);
      const results = await run.returnValue;
      assert.deepEqual(
        results,
        Array.from({ length: 1_000 }, (_, i) => i + 100),
      );
    },
  },
  {
    name: 'callbacks of the process hear of the ends of runs',
    order: 'timed',
    async play(app) {
      await app.onHost(children.watchEnds, []);
      const completed = await app.start(children.child, [1]);
      const failed = await app.start(children.child, [2, 'failure']);
      const cancelled = await app.start(children.child, [3, 'sleep']);
      await app.until(cancelled.runId, (history) => count(history, 'wait_created') === 1);
      await cancelled.cancel({ cancelReason: 'enough' });
      for (const [run, end] of [
        [completed, 'completed 101'],
        [failed, 'failed child 2'],
        [cancelled, 'cancelled enough'],
      ] as const) {
        const heard = async (): Promise<string[]> => app.onHost(children.endsOf, [run.runId]);
        while ((await heard()).length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
        assert.ok((await heard()).includes(`${run.runId} ${end}`));
      }
    },
  },
  {
    name: 'the process is healthy',
    async play(app) {
      const { healthy, world, worker, program } = await app.health();
      assert.deepEqual(
        [healthy, world.state, worker.state, program.state],
        [true, 'reachable', 'running', 'present'],
      );
    },
  },
  {
    name: 'a run tells its facts',
    async play(app) {
      const run = await app.start(addTen, [1]);
      await run.returnValue;
      assert.deepEqual([await run.exists, await run.status], [true, 'completed']);
      assert.equal(await run.workflowName, 'workflow//@workbench/workflows/src/steps//addTen');
      const [created, started, completed] = [
        await run.createdAt,
        (await run.startedAt)!,
        (await run.completedAt)!,
      ];
      assert.ok(created <= started && started <= completed);
    },
  },
  {
    name: 'a run that never was',
    async play(app) {
      const run = app.getRun('wrun_00000000000000000000000000');
      assert.equal(await run.exists, false);
      const asked: readonly (() => Promise<unknown>)[] = [
        () => run.status,
        () => run.returnValue,
        () => run.cancel(),
        () => run.wakeUp(),
        () => run.readable.getReader().read(),
      ];
      for (const ask of asked)
        await assert.rejects(ask, { name: 'WorkflowRunNotFoundError', code: 'RUN_NOT_FOUND' });
    },
  },
  {
    name: 'a run that is to start later does',
    order: 'timed',
    async play(app) {
      const run = await app.start(addTen, [1], { runAt: '50ms' });
      assert.equal(await run.returnValue, 11);
      assert.ok((await run.startedAt)!.getTime() - (await run.createdAt).getTime() >= 50);
    },
  },
];
