import assert from 'node:assert/strict';
import * as offers from '@workbench/workflows/offers.ts';
import { type Case, count } from '../app.ts';

export const offerCases: readonly Case[] = [
  {
    name: 'steps that ask for it are offered, those that do not are not, and all results come back',
    async play(app) {
      const run = await app.start(offers.mixesOffered, []);
      assert.deepEqual(await run.returnValue, [6, 3, 'printed page']);
      const history = await app.history(run.runId);
      assert.deepEqual(
        (['step_created', 'step_offered', 'step_started', 'step_completed'] as const).map((type) =>
          count(history, type),
        ),
        [3, 2, 3, 3],
      );
    },
  },
  {
    name: 'sixty offered at once each run once',
    order: 'timed',
    async play(app) {
      const run = await app.start(offers.offersMany, [60]);
      assert.equal(await run.returnValue, 1_770);
      const history = await app.history(run.runId);
      assert.deepEqual([count(history, 'step_offered'), count(history, 'step_started')], [60, 60]);
    },
  },
  {
    name: 'an offered step that fails is offered again',
    async play(app) {
      const run = await app.start(offers.offersUntilItWorks, []);
      assert.equal(await run.returnValue, 3);
      const history = await app.history(run.runId);
      assert.deepEqual([count(history, 'step_offered'), count(history, 'step_retrying')], [3, 2]);
    },
  },
  {
    name: 'an offered step knows of itself and its run what any step does',
    async play(app) {
      const run = await app.start(offers.offeredKnows, []);
      assert.equal(await run.returnValue, true);
    },
  },
  {
    name: 'a workflow aborts an offered step in flight',
    order: 'timed',
    async play(app) {
      const run = await app.start(offers.abortsOffered, []);
      assert.equal(await run.returnValue, 'aborted: enough');
    },
  },
  {
    name: 'cancelling a run aborts its offered steps in flight',
    order: 'timed',
    async play(app) {
      const name = app.token('offered');
      const run = await app.start(offers.offeredUntilCancelled, [name]);
      await app.until(run.runId, (history) => count(history, 'step_started') === 1);
      await run.cancel();
      while (!(await app.onHost(offers.wasStopped, [name])))
        await new Promise((resolve) => setTimeout(resolve, 2));
      assert.equal(await run.status, 'cancelled');
    },
  },
];
