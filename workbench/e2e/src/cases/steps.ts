import assert from 'node:assert/strict';
import * as steps from '@workbench/workflows/steps.ts';
import { type Case, count } from '../app.ts';

const returns = <Args extends unknown[]>(
  workflow: (...args: Args) => Promise<unknown>,
  args: Args,
  expected: unknown,
  order: Case['order'] = 'fixed',
): Case => ({
  name: `${workflow.name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`,
  order,
  async play(app) {
    const run = await app.start(workflow, args);
    assert.deepEqual(await run.returnValue, expected);
  },
});

export const stepCases: readonly Case[] = [
  returns(steps.addTen, [123], 133),
  returns(steps.sameNames, [5], [6, 25]),
  returns(steps.promiseAll, [], 'abc'),
  returns(steps.promiseRace, [], 'fast'),
  returns(steps.promiseAny, [], 'second'),
  returns(steps.promiseAllSettled, [], ['ok 2', 'error no', 'ok late']),
  returns(steps.promiseRaceStress, [], [0, 1, 2, 3, 4]),
  returns(steps.loop, [20], 190),
  returns(steps.branches, [11], 'big 1'),
  returns(steps.branches, [1], 'small 11'),
  returns(steps.values, [], [undefined, 'a\0b', 10n ** 20n, -0, true, 255, 10_000, [1, [2]]]),
  returns(steps.largeResult, [2_000_000], 2_000_000),
  returns(steps.stepAsArgument, [], 7),
  returns(steps.closures, [10], ['n0:10!', 'n1:11!', 'n2:12!', '13', '4']),
  returns(steps.mutation, [], { list: [1, 2, 3] }),
  {
    name: 'a step called from host code is a plain function call',
    async play(app) {
      assert.equal(await app.onHost(steps.add, [2, 3]), 5);
    },
  },
  {
    name: 'a workflow called from host code says to use start()',
    async play(app) {
      await assert.rejects(async () => app.onHost(steps.addTen, [1]), {
        name: 'ContextError',
        code: 'WORKFLOW_CALLED_DIRECTLY',
      });
    },
  },
  {
    name: 'every step of a run has one creation, one start and one outcome',
    async play(app) {
      const run = await app.start(steps.loop, [5]);
      await run.returnValue;
      const history = await app.history(run.runId);
      assert.deepEqual(
        (['step_created', 'step_started', 'step_completed', 'run_completed'] as const).map((type) =>
          count(history, type),
        ),
        [5, 5, 5, 1],
      );
    },
  },
  returns(steps.largeResult, [20 * 2 ** 20], 20 * 2 ** 20),
  {
    name: 'a tenth of a second beats ten and twenty, and nobody waits for those',
    order: 'timed',
    async play(app) {
      const run = await app.start(steps.promiseRaceLong, []);
      assert.equal(await run.returnValue, 'fast');
      assert.equal(count(await app.history(run.runId), 'step_completed'), 1);
    },
  },
];
