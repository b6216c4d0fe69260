import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bin, binFile, directory, lastLine } from './harness.ts';

const sum = `import { sleep } from 'perdure';
async function add(left: number, right: number) { 'use step'; console.log('step says hi'); return left + right; }
export async function sum(left: number, right: number) {
  'use workflow';
  console.log('workflow says hi \\u001b[31m');
  const total = await add(left, right);
  await sleep('10ms');
  return { total, seen: new Map([['big', 10n]]), at: new Date(0), none: undefined };
}
`;
const failing = `import { FatalError } from 'workflow';
async function charge() { 'use step'; throw new FatalError('no money'); }
export async function order() { 'use workflow'; await charge(); }
`;
const inMemory = ['--world', 'memory'];

test('a run outside of any package shows its events, logs and what it returned', async () => {
  const cwd = directory({ 'sum.ts': sum });
  const { code, out } = await bin(['run', 'sum.ts#sum', '--args', '[1, 2]'], cwd);
  expect(code).toBe(0);
  for (const text of [
    'run_created     sum(1, 2)',
    'step_started    add  attempt 1',
    'step_completed  add  3',
    'wait_created',
  ]) {
    expect(out).toContain(text);
  }
  expect(out).toContain('step says hi');
  expect(out).toMatch(/workflow says hi\s*\n/);
  expect(out).toContain('total: 3');
  const [runId] = /wrun_\w+/.exec(out)!;
  expect((await bin(['inspect', 'run', runId], cwd)).out).toMatch(/status +completed/);
});

test('with --json the last line of stdout is the outcome, and the rest is on stderr', async () => {
  const { code, out, err } = await bin(
    ['run', 'sum.ts', '--args', '[1, 2]', '--json', ...inMemory],
    directory({ 'sum.ts': sum }),
  );
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    runId: expect.stringMatching(/^wrun_/),
    status: 'completed',
    returnValue: { total: 3, seen: [['big', '10']], at: '1970-01-01T00:00:00.000Z' },
  });
  for (const text of ['step says hi', 'workflow says hi', 'run_completed']) expect(err).toContain(text);
});

test('a failed run ends with exit code 1 and its error, in code written against the Workflow SDK, too', async () => {
  const cwd = directory({ 'order.ts': failing });
  const { code, out } = await bin(['run', 'order.ts#order', '--json', ...inMemory], cwd);
  expect(code).toBe(1);
  expect(JSON.parse(lastLine(out))).toEqual({
    runId: expect.any(String),
    status: 'failed',
    error: { name: 'FatalError', message: 'no money', code: 'FATAL' },
  });
});

test('a cancelled run ends with exit code 1 and the reason', async () => {
  const source = `import { getWorkflowMetadata } from 'perdure';
import { getRun } from 'perdure/api';
async function stop() { 'use step'; await getRun(getWorkflowMetadata().workflowRunId).cancel({ cancelReason: 'enough' }); }
export async function order() { 'use workflow'; await stop(); }
`;
  const { code, out } = await bin(
    ['run', 'order.ts', '--json', ...inMemory],
    directory({ 'order.ts': source }),
  );
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ status: 'cancelled', error: { code: 'RUN_CANCELLED' } });
  expect(out).toContain('enough');
});

test('a thrown value that is no error is shown as it is', async () => {
  const source = `export async function order() { 'use workflow'; throw { code: 7 }; }`;
  const { out } = await bin(['run', 'order.ts', '--json', ...inMemory], directory({ 'order.ts': source }));
  expect(JSON.parse(out)).toMatchObject({
    error: { name: 'NonError', message: '{ code: 7 }', code: 'USER_ERROR' },
  });
});

test('what a step leaves open does not keep the command', async () => {
  const source = `async function leak() { 'use step'; setInterval(() => {}, 60_000); }
export async function order() { 'use workflow'; await leak(); }`;
  expect((await bin(['run', 'order.ts', ...inMemory], directory({ 'order.ts': source }))).code).toBe(0);
});

test('a paused run ends with exit code 1, the reason and the hint', async () => {
  const cwd = directory({
    'broken.ts': `const where = process.cwd();\nexport async function broken() { 'use workflow'; return where; }\n`,
  });
  const { code, out, err } = await bin(['run', 'broken.ts', '--json'], cwd);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    status: 'paused',
    error: { name: 'WorkflowRunPaused', code: 'PROGRAM_BROKEN' },
  });
  expect(err).toContain('Module-level code of a workflow file throws');
  expect(err).toMatch(/perdure inspect run wrun_/);
});

test('a workflow that a file exports again is found by the name of the export', async () => {
  const cwd = directory({ 'sum.ts': sum, 'index.ts': `export { sum as total } from './sum.ts';\n` });
  const { code, out } = await bin(['run', 'index.ts#total', '--args', '[2, 2]', '--json', ...inMemory], cwd);
  expect({ code, ...JSON.parse(out) }).toMatchObject({ code: 0, returnValue: { total: 4 } });
});

test('steps that start other runs start them in the world of the command', async () => {
  const parent = `import { start } from 'perdure/api';
import { sum } from './sum.ts';
async function launch() { 'use step'; return (await (await start(sum, [3, 4])).returnValue).total; }
export async function parent() { 'use workflow'; return await launch(); }
`;
  const cwd = directory({ 'sum.ts': sum, 'parent.ts': parent });
  const { out } = await bin(['run', 'parent.ts', '--json', '--data-dir', 'data'], cwd);
  expect(JSON.parse(out)).toMatchObject({ status: 'completed', returnValue: 7 });
  expect(JSON.parse((await bin(['inspect', 'runs', '--json', '--data-dir', 'data'], cwd)).out)).toHaveLength(
    2,
  );
});

const refused: Readonly<Record<string, readonly [source: string, name: string, code: string]>> = {
  'a workflow that is not there': [sum, '#product', 'WORKFLOW_UNKNOWN'],
  'a file without a workflow': ['export const one = 1;', '', 'WORKFLOW_MISSING'],
  'a file with several workflows and no choice': [
    `export async function a() { 'use workflow'; }\nexport async function b() { 'use workflow'; }`,
    '',
    'WORKFLOW_AMBIGUOUS',
  ],
  'a file that throws while it loads': [
    `export async function a() { 'use workflow'; }\nthrow new Error('no');`,
    '',
    'FILE_FAILED',
  ],
  'an import that is not installed': [
    `import 'not-installed';\nexport async function a() { 'use workflow'; }`,
    '',
    'FILE_FAILED',
  ],
};

for (const [what, [source, name, code]] of Object.entries(refused)) {
  test(`${what} is told in one line, with exit code 2`, async () => {
    const result = await bin(
      ['run', `file.ts${name}`, '--json', ...inMemory],
      directory({ 'file.ts': source }),
    );
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).toMatch(new RegExp(`^perdure: \\[${code}\\] Expected [^\\n]+file\\.ts[^\\n]+\\n$`));
  });
}

test('a file that does not compile is shown with its frames, and nothing is started', async () => {
  const cwd = directory({ 'bad.ts': `export function bad() {\n  'use workflow';\n}\n` });
  const { code, out, err } = await bin(['run', 'bad.ts#bad', ...inMemory], cwd);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('[WORKFLOW_NOT_ASYNC]');
  expect(err).toContain('> 1 | export function bad() {');
  expect(err).not.toContain('node:internal');
});

test('a first Ctrl-C lets steps in flight finish, gives the run back and says how to look at it', async () => {
  const source = `import { sleep } from 'perdure';
async function work() { 'use step'; await new Promise((done) => setTimeout(done, 200)); return 'worked'; }
export async function slow() { 'use workflow'; await work(); await sleep('1h'); }
`;
  const cwd = directory({ 'slow.ts': source });
  const child = spawn(process.execPath, [binFile, 'run', 'slow.ts', '--data-dir', join(cwd, 'data')], {
    cwd,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (chunk) => {
    if (!out.includes('step_started') && `${out}${chunk}`.includes('step_started')) child.kill('SIGINT');
    out += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(130);
  expect(out).toContain("step_completed  work  'worked'");
  expect(out).toMatch(/is not over.+`perdure inspect run wrun_\w+ --data-dir .+`/);
});
