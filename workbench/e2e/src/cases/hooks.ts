import assert from 'node:assert/strict';
import * as hooks from '@workbench/workflows/hooks.ts';
import { type App, type Case, count } from '../app.ts';

const hookExists = (app: App, runId: string, n = 1): Promise<void> =>
  app.until(runId, (history) => count(history, 'hook_created') === n);

export const hookCases: readonly Case[] = [
  {
    name: 'many payloads with for await, sent in one burst',
    order: 'timed',
    async play(app) {
      const token = app.token('collects');
      const run = await app.start(hooks.collects, [token]);
      await hookExists(app, run.runId);
      for (let i = 0; i < 9; i += 1) await app.resumeHook(token, { value: i });
      await app.resumeHook(token, { value: 'end', last: true });
      assert.deepEqual(await run.returnValue, [0, 1, 2, 3, 4, 5, 6, 7, 8, 'end']);
    },
  },
  {
    name: 'an unknown token is refused, and one whose run has ended',
    async play(app) {
      const token = app.token('ended');
      await assert.rejects(app.resumeHook(token, 1), { name: 'HookNotFoundError', code: 'HOOK_NOT_FOUND' });
      const run = await app.start(hooks.awaitsOne, [token]);
      await hookExists(app, run.runId);
      await app.resumeHook(token, 'first');
      assert.equal(await run.returnValue, 'first');
      await assert.rejects(app.resumeHook(token, 2), { code: 'HOOK_NOT_FOUND' });
    },
  },
  {
    name: 'a token is free again after the end, and after dispose in a loop',
    async play(app) {
      const token = app.token('reuse');
      const first = await app.start(hooks.awaitsOne, [token]);
      await hookExists(app, first.runId);
      await app.resumeHook(token, 1);
      await first.returnValue;
      const run = await app.start(hooks.reusesToken, [token, 3]);
      for (let i = 1; i <= 3; i += 1) {
        await hookExists(app, run.runId, i);
        await app.resumeHook(token, i);
      }
      assert.deepEqual(await run.returnValue, [1, 2, 3]);
    },
  },
  {
    name: 'a token that another run has is a conflict that names its owner',
    async play(app) {
      const token = app.token('conflict');
      const owner = await app.start(hooks.awaitsOne, [token]);
      await hookExists(app, owner.runId);
      const second = await app.start(hooks.reportsConflict, [token]);
      assert.deepEqual(await second.returnValue, ['HookConflictError', owner.runId]);
      await app.resumeHook(token, 'still mine');
      assert.equal(await owner.returnValue, 'still mine');
    },
  },
  {
    name: 'a payload that arrives while a step is in flight waits, and does not start the step again',
    order: 'timed',
    async play(app) {
      const token = app.token('around');
      const run = await app.start(hooks.payloadsAroundSteps, [token]);
      await hookExists(app, run.runId);
      await app.resumeHook(token, 1);
      await app.resumeHook(token, 2);
      assert.equal(await run.returnValue, 103);
      assert.equal(count(await app.history(run.runId), 'step_started'), 2);
    },
  },
  {
    name: 'receive with a timeout leaves a later payload for the next receive',
    order: 'timed',
    async play(app) {
      const token = app.token('receive');
      const run = await app.start(hooks.receivesWithTimeout, [token]);
      await app.until(run.runId, (history) => count(history, 'wait_completed') === 1);
      await app.resumeHook(token, 'late');
      assert.deepEqual(await run.returnValue, [undefined, 'late']);
    },
  },
  {
    name: 'getConflict tells the owner, or null',
    async play(app) {
      const token = app.token('owner');
      const owner = await app.start(hooks.awaitsOne, [token]);
      await hookExists(app, owner.runId);
      assert.equal(await (await app.start(hooks.asksForOwner, [token])).returnValue, owner.runId);
      await app.resumeHook(token, 1);
      await owner.returnValue;
      assert.equal(await (await app.start(hooks.asksForOwner, [token])).returnValue, null);
    },
  },
  {
    name: 'a token is a mutex over runs',
    order: 'contended',
    async play(app) {
      const token = app.token('mutex');
      const runs = await Promise.all(
        ['a', 'b', 'c'].map((name) => app.start(hooks.exclusive, [token, name])),
      );
      const results = await Promise.all(runs.map((run) => run.returnValue));
      assert.deepEqual(results, ['a had it alone', 'b had it alone', 'c had it alone']);
    },
  },
  {
    name: 'a defined hook checks and converts payloads where they are sent',
    order: 'timed',
    async play(app) {
      const token = app.token('defined');
      const run = await app.start(hooks.definedHook, [token]);
      await hookExists(app, run.runId);
      await assert.rejects(app.onHost(hooks.answers, [token, 'much']), {
        code: 'HOOK_PAYLOAD_INVALID',
        message: /amount: expected a number/,
      });
      await app.onHost(hooks.answers, [token, '41']);
      assert.equal(await run.returnValue, 42);
    },
  },
  {
    name: 'made-up tokens are long and differ',
    async play(app) {
      assert.equal(await (await app.start(hooks.madeUpToken, [])).returnValue, true);
    },
  },
  {
    name: 'metadata is the same in both contexts and on replay',
    async play(app) {
      const run = await app.start(hooks.metadata, []);
      const { before, after, step } = (await run.returnValue) as Record<string, Record<string, unknown>>;
      assert.deepEqual(before, after);
      assert.equal(before!.workflowRunId, run.runId);
      assert.equal(before!.workflowName, 'workflow//@workbench/workflows/src/hooks//metadata');
      assert.deepEqual(step!.run, before);
      assert.match(String(before!.url), /^http:\/\/[^/]+$/);
      assert.deepEqual(before!.features, { encryption: false });
      assert.equal(step!.attempt, 1);
      assert.equal(step!.signal, true);
      assert.match(String(step!.stepId), /^step_[0-9A-Z]{26}_0$/);
      assert.ok(step!.stepStartedAt instanceof Date);
    },
  },
  {
    name: 'a token that is retained stays taken after the end of its run',
    async play(app) {
      const token = app.token('retained');
      const first = await app.start(hooks.retainsToken, [token]);
      assert.equal(await first.returnValue, 'ended');
      await assert.rejects(app.resumeHook(token, 1), { code: 'HOOK_NOT_FOUND' });
      const second = await app.start(hooks.reportsConflict, [token]);
      assert.deepEqual(await second.returnValue, ['HookConflictError', first.runId]);
    },
  },
  {
    name: 'a route resumes the run that waits, or starts one',
    order: 'timed',
    async play(app) {
      const token = app.token('either');
      const runId = await app.onHost(hooks.resumeOrStart, [token, 'first']);
      await hookExists(app, runId);
      assert.equal(await app.onHost(hooks.resumeOrStart, [token, 'second']), runId);
      assert.equal(await app.getRun(runId).returnValue, 'second');
    },
  },
  {
    name: 'a payload that is sent twice under one id arrives once',
    order: 'timed',
    async play(app) {
      const token = app.token('once');
      const run = await app.start(hooks.collects, [token]);
      await hookExists(app, run.runId);
      await Promise.all(
        Array.from({ length: 5 }, () => app.resumeHook(token, { value: 1 }, { id: 'the one' })),
      );
      await app.resumeHook(token, { value: 2, last: true });
      assert.deepEqual(await run.returnValue, [1, 2]);
    },
  },
  {
    name: 'a hook is found by its token, with its metadata',
    async play(app) {
      const token = app.token('found');
      await assert.rejects(app.getHookByToken(token), { code: 'HOOK_NOT_FOUND' });
      const run = await app.start(hooks.collects, [token]);
      await hookExists(app, run.runId);
      const found = await app.getHookByToken(token);
      assert.deepEqual([found.runId, found.metadata], [run.runId, { purpose: 'collect' }]);
      await app.resumeHook(token, { value: 1, last: true });
      await run.returnValue;
    },
  },
];
