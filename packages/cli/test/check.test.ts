import { expect, test } from 'vitest';
import { call, directory } from './harness.ts';

const app = {
  'order.ts': `import { charge } from './charge.ts';
export async function order() {
  'use workflow';
  await charge();
}
`,
  'charge.ts': `export async function charge() {
  'use step';
}
`,
};

test('workflows and steps are listed with file and line', async () => {
  const cwd = directory(app);
  const { code, out } = await call(['check'], cwd);
  expect(code).toBe(0);
  expect(out).toMatch(/workflow +order +order\.ts:2\n/);
  expect(out).toMatch(/step +charge +charge\.ts:1\n/);
  const report = JSON.parse((await call(['check', cwd, '--json'], directory())).out);
  expect(report).toMatchObject({
    root: cwd,
    workflows: [{ name: 'order', file: 'order.ts', line: 2 }],
    steps: [{ name: 'charge', file: 'charge.ts', line: 1 }],
    skipped: [],
    diagnostics: [],
  });
});

test('files that mention a directive without having one are named with the reason', async () => {
  const { code, out } = await call(['check'], directory({ 'note.ts': `// 'use workflow' is a directive\n` }));
  expect(code).toBe(0);
  expect(out).toContain('No workflows and no steps.');
  expect(out).toMatch(/skipped +note\.ts: /);
});

test('problems are shown with their place and end the check with exit code 1', async () => {
  const cwd = directory({ ...app, 'bad.ts': `export function bad() {\n  'use workflow';\n}\n` });
  const { code, out } = await call(['check'], cwd);
  expect(code).toBe(1);
  expect(out).toContain('[WORKFLOW_NOT_ASYNC]');
  expect(out).toContain('bad.ts:1');
  expect(out).toContain('> 1 | export function bad() {');
  expect(JSON.parse((await call(['check', '--json'], cwd)).out).diagnostics).toMatchObject([
    { code: 'WORKFLOW_NOT_ASYNC' },
  ]);
});

test('what only a build finds is a problem, too', async () => {
  const source = `import { readFileSync } from 'node:fs';
export async function read() { 'use workflow'; return readFileSync('x'); }
`;
  const { code, out } = await call(['check'], directory({ 'read.ts': source }));
  expect(code).toBe(1);
  expect(out.match(/\[BUILTIN_IN_WORKFLOW\]/g)).toHaveLength(1);
});
