import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as abort from '@workbench/workflows/abort.ts';
import { type Case, count } from '../app.ts';

const returns = <Args extends unknown[]>(
  workflow: (...args: Args) => Promise<unknown>,
  args: Args,
  expected: unknown,
): Case => ({
  name: workflow.name,
  order: 'timed',
  async play(app) {
    const run = await app.start(workflow, args);
    assert.deepEqual(await run.returnValue, expected);
  },
});

export const abortCases: readonly Case[] = [
  returns(abort.timeoutRace, [], ['aborted: too slow', true, 'too slow']),
  returns(abort.parallelAbort, [4], Array(4).fill('aborted: TypeError')),
  returns(abort.abortFromStep, [], [true, 'aborted: [object Object]', true, { code: 7 }, ['heard']]),
  returns(abort.alreadyAborted, [], ['aborted: AbortError', true]),
  returns(abort.abortAfterCompletion, [], [false, true]),
  returns(abort.reasonsOfEveryType, [], ['text', 5, null, { a: [1] }, new RangeError('range'), new Date(0)]),
  returns(abort.anyAndTimeout, [], ['aborted: TimeoutError', true, false, false]),
  returns(abort.branchesOnAborted, [], 'aborted'),
  returns(abort.listeners, [], [['abort', 'onabort', 'AbortError'], true, true]),
  {
    name: 'a hook payload aborts a step in flight',
    order: 'timed',
    async play(app) {
      const token = app.token('abort');
      const run = await app.start(abort.abortFromHook, [token]);
      await app.until(run.runId, (history) => count(history, 'hook_created') === 1);
      await app.resumeHook(token, 'by hand');
      assert.equal(await run.returnValue, 'aborted: by hand');
    },
  },
  {
    name: 'an aborted fetch ends, and is not made again',
    order: 'timed',
    async play(app) {
      let asked = 0;
      const server = createServer(() => {
        asked += 1;
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const run = await app.start(abort.abortsFetch, [`http://127.0.0.1:${port}`]);
        assert.deepEqual(await run.returnValue, ['FatalError', 'AbortError']);
        assert.equal(count(await app.history(run.runId), 'step_started'), 1);
        assert.ok(asked <= 1);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  },
  {
    name: 'cancelling a run aborts its steps in flight',
    order: 'timed',
    async play(app) {
      const name = app.token('cancelled');
      const run = await app.start(abort.worksUntilCancelled, [name]);
      await app.until(run.runId, (history) => count(history, 'step_started') === 1);
      await run.cancel();
      while (!(await app.onHost(abort.wasStopped, [name])))
        await new Promise((resolve) => setTimeout(resolve, 2));
      assert.equal(await run.status, 'cancelled');
    },
  },
];
