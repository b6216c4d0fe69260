import assert from 'node:assert/strict';
import * as time from '@workbench/workflows/time.ts';
import { type Case, count } from '../app.ts';

export const timeCases: readonly Case[] = [
  {
    name: 'sleep is never early, by the clock of the workflow and of the history',
    async play(app) {
      const run = await app.start(time.sleeps, [25]);
      assert.equal(await run.returnValue, true);
      const [created, completed] = (await app.history(run.runId)).filter(({ eventType }) =>
        eventType.startsWith('wait_'),
      );
      assert.ok(completed!.createdAt - created!.createdAt >= 25);
    },
  },
  {
    name: 'ten parallel sleeps',
    order: 'timed',
    async play(app) {
      assert.equal(await (await app.start(time.parallelSleeps, [10])).returnValue, 45);
    },
  },
  {
    name: 'sleep in a loop',
    async play(app) {
      const run = await app.start(time.sleepInLoop, [6]);
      assert.equal(await run.returnValue, 6);
      assert.equal(count(await app.history(run.runId), 'wait_completed'), 6);
    },
  },
  {
    name: 'sleep wins a race, and the step that lost is not waited for',
    order: 'timed',
    async play(app) {
      assert.equal(await (await app.start(time.sleepWinsRace, [])).returnValue, 'sleep');
    },
  },
  {
    name: 'a step wins a race against ten minutes',
    async play(app) {
      assert.equal(await (await app.start(time.stepWinsRace, [])).returnValue, 'step');
    },
  },
  {
    name: 'a sleep of a day that nobody awaits holds nothing up',
    async play(app) {
      assert.equal(await (await app.start(time.sleepNobodyAwaits, [])).returnValue, 'done');
    },
  },
  {
    name: 'sleep until a date',
    async play(app) {
      assert.equal(await (await app.start(time.sleepUntilDate, [15])).returnValue, true);
    },
  },
  {
    name: 'sleep refuses nonsense',
    async play(app) {
      const run = await app.start(time.refusesNonsense, []);
      assert.deepEqual(await run.returnValue, Array(4).fill('DURATION_INVALID'));
    },
  },
  {
    name: 'a hook with a sleep as timeout in a loop loses no payload',
    order: 'timed',
    async play(app) {
      const token = app.token('timeout');
      const run = await app.start(time.hookWithTimeout, [token, 5]);
      await app.until(run.runId, (history) => count(history, 'hook_created') === 1);
      for (let i = 0; i < 5; i += 1) {
        await app.resumeHook(token, i);
        await new Promise((resolve) => setTimeout(resolve, i * 6));
      }
      assert.deepEqual(await run.returnValue, [0, 1, 2, 3, 4]);
    },
  },
];
