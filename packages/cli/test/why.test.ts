import { expect, test } from 'vitest';
import { call, directory } from './harness.ts';
import { completed, type Draft, startedAt, storeRun } from './histories.ts';

const input = '[{"args":1},[]]';
const future = 32_503_680_000_000;

/** What `perdure why` says of a run with this history. */
async function why(drafts: readonly Draft[]): Promise<{ text: string; record: Record<string, unknown> }> {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', drafts);
  const { code, out } = await call(['why', 'wrun_1', '--data-dir', 'data'], cwd);
  expect(code).toBe(0);
  const json = await call(['why', 'wrun_1', '--data-dir', 'data', '--json'], cwd);
  return { text: out, record: JSON.parse(json.out) };
}

test('everything a run waits for is named, in the order it asked', async () => {
  const { text, record } = await why([
    ['run_started', {}],
    ['step_created', { stepName: 'step//app//slow', input }, 'step_x_0'],
    ['step_created', { stepName: 'step//app//flaky', input }, 'step_x_1'],
    ['step_created', { stepName: 'step//app//next', input }, 'step_x_2'],
    ['wait_created', { resumeAt: future }, 'wait_x_3'],
    ['wait_created', { resumeAt: startedAt }, 'wait_x_4'],
    ['hook_created', { token: 'approval\n1' }, 'hook_x_5'],
    ['child_started', { childRunId: 'wrun_2' }, 'chld_x_6'],
    ['step_started', { attempt: 1, worker: 'worker_test' }, 'step_x_0'],
    ['step_started', { attempt: 1, worker: 'worker_test' }, 'step_x_1'],
    ['step_retrying', { attempt: 1, error: '["no"]', retryAt: future }, 'step_x_1'],
    ['step_created', { stepName: 'step//app//anywhere', input }, 'step_x_7'],
    ['step_offered', { failures: 0 }, 'step_x_7'],
  ]);
  expect(text).toContain('Run wrun_1 is running; its last event is step_offered, ');
  const lines = text.split('\n').filter((line) => line.startsWith('  '));
  expect(lines).toEqual([
    expect.stringMatching(/^ {2}step slow, attempt 1 at worker_test, begun .* ago$/),
    expect.stringMatching(/^ {2}step flaky, attempt 2 in .* h$/),
    expect.stringMatching(/^ {2}step next, not started for /),
    expect.stringMatching(/^ {2}a sleep until 3000-01-01 .*, in .* h$/),
    expect.stringMatching(/^ {2}a sleep until .*, due since .*: does a worker run\?$/),
    expect.stringMatching(/^ {2}hook "approval\\n1", for /),
    expect.stringMatching(/^ {2}run wrun_2, for /),
    expect.stringMatching(/^ {2}step anywhere, offered to every worker for .*: does one run .*\?$/),
  ]);
  expect(record).toMatchObject({ runId: 'wrun_1', status: 'running', version: 14 });
  expect((record.waitingFor as { kind: string }[]).map(({ kind }) => kind)).toEqual([
    'step',
    'step',
    'step',
    'sleep',
    'sleep',
    'hook',
    'child',
    'step',
  ]);
});

test('a run that nothing can move is said to wait for nothing', async () => {
  const settled: Draft[] = [
    ['run_started', {}],
    ['step_created', { stepName: 'step//app//one', input }, 'step_x_0'],
    ['step_started', { attempt: 1, worker: 'worker_test' }, 'step_x_0'],
    ['step_completed', { output: '["done"]' }, 'step_x_0'],
    ['hook_created', { token: 't' }, 'hook_x_1'],
    ['hook_disposed', {}, 'hook_x_1'],
  ];
  const { text, record } = await why(settled);
  expect(text).toContain('It waits for nothing');
  expect(record.waitingFor).toEqual([]);
});

test('a run that is new, paused or over says so', async () => {
  expect((await why([])).text).toContain('a worker, for');
  const reason = { code: 'DIVERGENCE', message: 'other code', hint: 'deploy the old code' };
  const paused = await why([
    ['run_started', {}],
    ['run_paused', { reason }],
  ]);
  expect(paused.text).toContain('It waits for a repair: [DIVERGENCE] other code\n  deploy the old code');
  expect(paused.record).toMatchObject({ status: 'paused', pauseReason: reason });
  expect((await why(completed)).text).toMatch(/^Run wrun_1 is over: completed at /);
  const missing = await call(['why', 'wrun_9', '--data-dir', 'data'], directory());
  expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('[RUN_NOT_FOUND]') });
});
