import { expect, test } from 'vitest';
import { discover } from '../src/index.ts';
import { temporaryApp } from './temporary-app.ts';

test('lists what an app holds, and why other files were skipped', () => {
  const app = temporaryApp({
    'src/flow.ts':
      'import { s } from "./steps.js";\nexport async function flow() { "use workflow"; await s(); }',
    'src/steps.tsx': '"use step"; export async function s() { return <b/>; }',
    'src/comment.ts': '// add "use workflow" here\nexport const a = 1;',
    'src/broken.ts': 'export async function f() { "use step";\n  const = 1; }',
    'src/large.js': `// "use step" ${'x'.repeat(2_000_000)}`,
    'src/types.d.ts': 'declare const a: "use step";',
    'src/plain.ts': 'export const a = "use strict";',
    'node_modules/lib/index.js': 'export async function x() { "use step" }',
    'dist/app.js': 'export async function x() { "use step" }',
    '.cache/app.js': 'export async function x() { "use step" }',
  });
  const { workflows, steps, files, skipped, diagnostics } = discover({ root: app.root });
  expect(workflows).toEqual([{ id: 'workflow//src/flow//flow', name: 'flow', file: 'src/flow', line: 2 }]);
  expect(steps).toEqual([{ id: 'step//src/steps//s', name: 's', file: 'src/steps', line: 1 }]);
  expect(files).toEqual([app.path('src/flow.ts'), app.path('src/steps.tsx')]);
  expect(skipped).toEqual([
    { file: 'src/broken.ts', reason: expect.stringContaining('line 2, column 9') },
    { file: 'src/comment.ts', reason: expect.stringContaining('comment') },
    { file: 'src/large.js', reason: expect.stringContaining('2000000 bytes') },
  ]);
  expect(diagnostics.map(({ code }) => code)).toEqual(['PARSE_FAILED']);
});

test('finds a misspelled directive that no transform would look at', () => {
  const app = temporaryApp({ 'a.ts': 'export async function f() { "use worklow"; }' });
  expect(discover({ root: app.root }).diagnostics).toMatchObject([{ code: 'DIRECTIVE_MISSPELLED' }]);
});

test('reports duplicate ids and still lists both', () => {
  const step = 'export async function s() { "use step" }';
  const app = temporaryApp({ 'a.ts': step, 'a.mjs': step });
  const { steps, diagnostics } = discover({ root: app.root });
  expect(steps).toHaveLength(2);
  expect(diagnostics).toMatchObject([{ code: 'DUPLICATE_ID' }]);
});
