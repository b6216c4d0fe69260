import assert from 'node:assert/strict';
import { child } from '@workbench/workflows/children.ts';
import * as references from '@workbench/workflows/references.ts';
import type { Case } from '../app.ts';

export const referenceCases: readonly Case[] = [
  {
    name: 'a step takes what it closes over along, into a step and back',
    async play(app) {
      const run = await app.start(references.passesClosure, [5]);
      assert.deepEqual(await run.returnValue, [15, 20, 25, 25]);
    },
  },
  {
    name: 'a bound method takes its instance along',
    async play(app) {
      const run = await app.start(references.passesMethod, [new references.Money(2, 'EUR')]);
      assert.deepEqual(await run.returnValue, ['6 USD', '4 CHF', '10 SEK', '10 NOK']);
    },
  },
  {
    name: 'a workflow as an argument can be started, in the workflow and in a step',
    order: 'contended',
    async play(app) {
      const run = await app.start(references.startsGiven, [child as never]);
      assert.deepEqual(await run.returnValue, [101, true, true]);
    },
  },
  {
    name: 'handles of a run and its stream cross into a step and back',
    order: 'timed',
    async play(app) {
      const run = await app.start(references.passesHandles, []);
      assert.deepEqual(await run.returnValue, [true, true, 'completed']);
      const reader = run.readable.getReader();
      assert.equal((await reader.read()).value, 'through a step');
      await reader.cancel();
    },
  },
  {
    name: 'a controller that comes back from a step is the same one',
    order: 'timed',
    async play(app) {
      const run = await app.start(references.passesController, []);
      assert.deepEqual(await run.returnValue, [true, true, 'once', true]);
    },
  },
];
