import { expect, test } from 'vitest';
import { call, directory } from './harness.ts';
import { completed, failed, hostile, startedAt, storeRun } from './histories.ts';

const json = async (argv: string[], cwd: string): Promise<unknown> =>
  JSON.parse((await call([...argv, '--json'], cwd)).out);
const inData = ['--data-dir', 'data'];

test('runs are listed newest first, with status and workflow', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', completed);
  await storeRun(`${cwd}/data`, 'wrun_2', failed, 'part');
  const { code, out } = await call(['inspect', 'runs', ...inData], cwd);
  expect(code).toBe(0);
  expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['RUN', 'STATUS', 'WORKFLOW'],
    ['wrun_2', 'failed', 'part'],
    ['wrun_1', 'completed', 'greet'],
    [''],
  ]);
  expect(await json(['inspect', 'runs', ...inData], cwd)).toMatchObject([
    { runId: 'wrun_2', status: 'failed' },
    { runId: 'wrun_1', status: 'completed', workflowName: 'workflow//app//greet', createdAt: startedAt },
  ]);
});

test('runs are picked by status, by name or id of the workflow, and by number', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', completed);
  await storeRun(`${cwd}/data`, 'wrun_2', failed, 'part');
  await storeRun(`${cwd}/data`, 'wrun_3', completed);
  const ids = async (...flags: string[]) =>
    ((await json(['inspect', 'runs', ...inData, ...flags], cwd)) as { runId: string }[]).map(
      ({ runId }) => runId,
    );
  expect(await ids('--status', 'failed')).toEqual(['wrun_2']);
  expect(await ids('--workflow', 'greet')).toEqual(['wrun_3', 'wrun_1']);
  expect(await ids('--workflow', 'workflow//app//part')).toEqual(['wrun_2']);
  expect(await ids('--workflow', 'greet', '--limit', '1')).toEqual(['wrun_3']);
  const limited = await call(['inspect', 'runs', ...inData, '--limit', '2'], cwd);
  expect(limited.out).not.toContain('wrun_1');
  expect(limited.err).toContain('--limit');
});

test('a run is shown with its steps and what they returned', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', completed);
  const { out } = await call(['inspect', 'run', 'wrun_1', ...inData], cwd);
  expect(out).toMatch(/input +\('Ada'\)/);
  expect(out).toMatch(/returned +Map\(1\) \{ 'greeting' => 'Hello Ada' \}/);
  expect(out).toMatch(/step_x_0 +hello +completed +1 +2\.0 s +'Hello Ada'/);
  expect(await json(['inspect', 'run', 'wrun_1', ...inData], cwd)).toMatchObject({
    runId: 'wrun_1',
    status: 'completed',
    input: ['Ada'],
    output: [['greeting', 'Hello Ada']],
    steps: [{ stepName: 'step//app//hello', status: 'completed', attempt: 1, output: 'Hello Ada' }],
    hooks: [],
    waits: [],
  });
});

test('a failed run is shown with its error', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', failed);
  expect((await call(['inspect', 'run', 'wrun_1', ...inData], cwd)).out).toMatch(
    /error +TypeError: no such friend/,
  );
  const record = {
    status: 'failed',
    errorCode: 'TypeError',
    error: { name: 'TypeError', message: 'no such friend' },
  };
  expect(await json(['inspect', 'run', 'wrun_1', ...inData], cwd)).toMatchObject(record);
});

test('events are shown a line each, and as JSON with opened payloads', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', completed);
  const { out } = await call(['inspect', 'events', 'wrun_1', ...inData], cwd);
  expect(out.split('\n').map((line) => line.slice(24).trim().replace(/ +/g, ' '))).toEqual([
    "1 run_created greet('Ada')",
    '2 run_started',
    "3 step_created hello('Ada')",
    '4 step_started hello attempt 1',
    "5 step_completed hello 'Hello Ada'",
    "6 run_completed Map(1) { 'greeting' => 'Hello Ada' }",
    '',
  ]);
  const events = (await json(['inspect', 'events', 'wrun_1', ...inData], cwd)) as { eventData: object }[];
  expect(events).toHaveLength(6);
  expect(events[4]).toMatchObject({
    version: 5,
    eventType: 'step_completed',
    eventData: { output: 'Hello Ada' },
  });
});

test('the seed of a run is never shown', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', completed);
  for (const argv of [
    ['inspect', 'events', 'wrun_1'],
    ['inspect', 'run', 'wrun_1'],
  ]) {
    for (const form of [[], ['--json']]) {
      expect((await call([...argv, ...inData, ...form], cwd)).out).not.toContain('secret-seed');
    }
  }
});

test('sealed payloads are shown as such', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', hostile);
  expect((await call(['inspect', 'events', 'wrun_1', ...inData], cwd)).out).toMatch(
    /step_completed .*\(sealed\)/,
  );
  const events = (await json(['inspect', 'events', 'wrun_1', ...inData], cwd)) as { eventData: object }[];
  expect(events[4]).toMatchObject({ eventData: { output: '(sealed)' } });
});

test('control and bidirectional characters do not reach the terminal, and JSON keeps them as escapes', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', hostile);
  for (const argv of [
    ['inspect', 'events', 'wrun_1'],
    ['inspect', 'run', 'wrun_1'],
    ['inspect', 'runs'],
  ]) {
    for (const form of [[], ['--json']]) {
      const { out } = await call([...argv, ...inData, ...form], cwd);
      expect(out).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u);
    }
  }
  const run = (await json(['inspect', 'run', 'wrun_1', ...inData], cwd)) as { hooks: { token: string }[] };
  expect(run.hooks[0]!.token).toBe('to\u202eken\u009b2J');
});

test('a directory without runs is said to have none', async () => {
  const cwd = directory();
  expect(await call(['inspect', 'runs', ...inData], cwd)).toEqual({ code: 0, out: 'No runs.\n', err: '' });
  expect(await json(['inspect', 'runs', ...inData], cwd)).toEqual([]);
});
