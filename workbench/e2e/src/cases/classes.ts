import assert from 'node:assert/strict';
import { addsMoney, knowsItsErrors, Money } from '@workbench/workflows/classes.ts';
import type { Case } from '../app.ts';

export const classCases: readonly Case[] = [
  {
    name: 'instances cross as argument, result, return value and this',
    async play(app) {
      const run = await app.start(addsMoney, [new Money(2, 'EUR')]);
      const result = await run.returnValue;
      assert.ok(result instanceof Money);
      assert.deepEqual([result.amount, result.currency], [14, 'USD']);
    },
  },
  {
    name: 'an error class keeps its identity and fields',
    async play(app) {
      const run = await app.start(knowsItsErrors, []);
      assert.deepEqual(await run.returnValue, [true, true, 'declined']);
    },
  },
];
