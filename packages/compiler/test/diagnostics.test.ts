import { expect, test } from 'vitest';
import { CompileError, type Diagnostic, formatDiagnostic, transformHost } from '../src/index.ts';
import { temporaryApp } from './temporary-app.ts';

/** The diagnostics of one file, from the host transform. */
function diagnose(source: string): Diagnostic[] {
  try {
    transformHost(source, { file: '/app/src/app.ts', root: '/app' });
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
  return [];
}

const stored =
  'static [Symbol.for("workflow-serialize")]() {} static [Symbol.for("workflow-deserialize")]() {}';

type Rejected = [name: string, code: string, line: number, source: string];

const rejected: Rejected[] = [
  ['a syntax error', 'PARSE_FAILED', 2, 'async function f() { "use step" }\nconst = 1;'],
  ['a workflow that is not async', 'WORKFLOW_NOT_ASYNC', 1, 'function f() { "use workflow" }'],
  ['a generator workflow', 'DIRECTIVE_ON_GENERATOR', 1, 'async function* f() { "use workflow" }'],
  ['a generator step', 'DIRECTIVE_ON_GENERATOR', 1, 'function* f() { "use step" }'],
  [
    'a misspelled workflow',
    'DIRECTIVE_MISSPELLED',
    2,
    'f(); async function g() { "use step" }\nasync function f() { "use workfow" }',
  ],
  [
    'a misspelled step',
    'DIRECTIVE_MISSPELLED',
    1,
    'async function f() { "use steps" } const g = async () => { "use step" }',
  ],
  [
    'a misspelled file directive',
    'DIRECTIVE_MISSPELLED',
    1,
    '"use workflows"; const g = async () => { "use step" }',
  ],
  ['a directive after code', 'DIRECTIVE_NOT_FIRST', 3, 'async function f() {\n  f();\n  "use step";\n}'],
  ['a file directive after code', 'DIRECTIVE_NOT_FIRST', 2, 'import a from "a";\n"use workflow";'],
  ['both directives', 'DIRECTIVES_CONFLICT', 1, 'async function f() { "use workflow"; "use step" }'],
  [
    'a workflow that is an instance method',
    'WORKFLOW_ON_INSTANCE',
    1,
    'class A { async m() { "use workflow" } }',
  ],
  ['a step that is an instance method', 'STEP_ON_INSTANCE', 2, 'class A {\n async m() { "use step" } }'],
  ['a step in an instance field', 'STEP_ON_INSTANCE', 1, 'class A { m = async () => { "use step" } }'],
  [
    'a workflow in a class that can be serialized',
    'WORKFLOW_ON_INSTANCE',
    1,
    `class A { ${stored} async m() { "use workflow" } }`,
  ],
  ['a setter of such a class', 'DIRECTIVE_ON_ACCESSOR', 1, `class A { ${stored} set m(a) { "use step" } }`],
  ['a field of such a class', 'STEP_ON_INSTANCE', 1, `class A { ${stored} m = async () => { "use step" } }`],
  [
    'an instance step of a class in a function',
    'STEP_ON_INSTANCE',
    1,
    `const f = () => class A { ${stored} async m() { "use step" } }`,
  ],
  ...[
    'x = 1',
    'x ||= 1',
    'x++',
    '[x] = []',
    '({ a: { x = 2 } } = {})',
    '[...x] = []',
    'for (x of []);',
    '(() => { x = 1; })()',
  ].map(
    (code): Rejected => [
      `the assignment ${code} to a captured variable`,
      'STEP_ASSIGNS_CAPTURE',
      3,
      `function a(x) { return async () => { "use step";\n f(x.y = 1);\n${code} } }`,
    ],
  ),
  ...[
    'static classId = 5',
    'static get classId() { return "a" }',
    'static classId = id',
    'static classId = ""',
  ].map(
    (member): Rejected => [
      `a class that crosses with ${member}`,
      'CLASS_ID_NOT_TEXT',
      2,
      `class A { ${stored}\n ${member} }`,
    ],
  ),
  ['a getter', 'DIRECTIVE_ON_ACCESSOR', 1, 'const o = { get m() { "use step"; return 1 } }'],
  ['a nested workflow', 'WORKFLOW_NESTED', 1, 'function a() { async function b() { "use workflow" } }'],
  [
    'arguments in a nested step',
    'STEP_USES_ARGUMENTS',
    2,
    'function a() { async function b() { "use step";\n return arguments[0] } }',
  ],
  [
    'super in a nested step',
    'STEP_USES_SUPER',
    1,
    'function a() { return { async b() { "use step"; return super.b() } } }',
  ],
  [
    'this in a nested step',
    'STEP_USES_THIS',
    1,
    'class A { m() { return async () => { "use step"; return this.x } } }',
  ],
  [
    'arguments of the function around a nested arrow',
    'STEP_USES_ARGUMENTS',
    2,
    'function a() { return async () => { "use step";\n return arguments[0] } }',
  ],
  [
    'super of the method around a nested arrow',
    'STEP_USES_SUPER',
    1,
    'class A extends B { m() { return async () => { "use step"; return super.m() } } }',
  ],
  [
    'a directive in other letters',
    'DIRECTIVE_MISSPELLED',
    1,
    'async function f() { "Use Step" } const g = async () => { "use step" }',
  ],
  [
    'a directive with a space too many',
    'DIRECTIVE_MISSPELLED',
    1,
    'async function f() { "use  workflow" } const g = async () => { "use step" }',
  ],
  [
    'a workflow that is an instance getter',
    'DIRECTIVE_ON_ACCESSOR',
    1,
    'class A { get m() { "use workflow" } }',
  ],
  ['a step that is a constructor', 'DIRECTIVE_ON_ACCESSOR', 1, 'class A { constructor() { "use step" } }'],
  ['an arrow workflow that is not async', 'WORKFLOW_NOT_ASYNC', 1, 'const f = () => { "use workflow" }'],
  ['a file of workflows that exports a class', 'EXPORT_NOT_ASYNC', 2, '"use workflow";\nexport class A {}'],
  ['a file of steps with a default value', 'EXPORT_NOT_ASYNC', 2, '"use step";\nexport default 5;'],
  ['a file of steps that exports an enum', 'EXPORT_NOT_ASYNC', 2, '"use step";\nexport enum A { B }'],
  [
    'a file of workflows that exports a generator',
    'DIRECTIVE_ON_GENERATOR',
    2,
    '"use workflow";\nexport async function* f() {}',
  ],
  [
    'a file with both directives',
    'DIRECTIVES_CONFLICT',
    1,
    '"use step"; "use workflow"; export async function f() {}',
  ],
  ['a file of steps that exports data', 'EXPORT_NOT_ASYNC', 2, '"use step";\nexport const a = 1;'],
  [
    'a file of steps that exports a plain function',
    'EXPORT_NOT_ASYNC',
    2,
    '"use step";\nexport function a() {}',
  ],
  ['a file of workflows that re-exports', 'EXPORT_NOT_ASYNC', 2, '"use workflow";\nexport * from "./other";'],
  [
    'two things with one id',
    'DUPLICATE_ID',
    2,
    'function a() { { async function s() { "use step" } }\n { async function s() { "use step" } } }',
  ],
];

test.each(rejected)('%s is rejected with %s', (_, code, line, source) => {
  const [diagnostic, ...more] = diagnose(source);
  expect(more).toEqual([]);
  expect(diagnostic).toMatchObject({ code, loc: { file: '/app/src/app.ts', line } });
  expect(diagnostic?.message).toMatch(/^Expected .+ got /s);
  expect(diagnostic?.hint).not.toBe('');
  expect(diagnostic?.frame).toContain(`> ${line} | `);
});

const accepted: [name: string, source: string][] = [
  [
    'a classId of instances, of private names and of classes that do not cross',
    `class A { ${stored} classId = 5; static #classId = 6 } class B { static classId = 7 }`,
  ],
  [
    'assignments to variables of a step, of the module, of members, and in a step within a step',
    'let m; function a(x) { return async (p) => { "use step"; let y; y = p = m = 1; x.z = 1; { let x; x = 2; } } }\n' +
      'async function s() { "use step"; let n; const t = async () => { "use step"; n = 1 }; await t() }',
  ],
  ['directives of other tools', '"use client"; async function f() { "use strict"; "use step" }'],
  [
    'this in a function inside a step',
    'function a() { return async () => { "use step"; return function () { return this } } }',
  ],
  [
    'a directive in a template, comment or later string',
    'async function f() { "use step"; const a = "use step"; /* "use workflow" */ return `"use workflow"` }',
  ],
  [
    'types exported from a file of steps',
    '"use step"; export type A = 1; export interface B {} export async function f() {}',
  ],
];

test.each(accepted)('%s is accepted', (_, source) => {
  expect(diagnose(source)).toEqual([]);
});

test('reports everything that is wrong with a file at once', () => {
  const found = diagnose('function a() { "use workflow" }\nconst b = async () => { f(); "use step" };');
  expect(found.map(({ code }) => code).sort()).toEqual(['DIRECTIVE_NOT_FIRST', 'WORKFLOW_NOT_ASYNC']);
});

test('reports the place, a frame with a caret, and how to mend it', () => {
  const [first] = diagnose('const x = 1;\nfunction pay() {\n  "use workflow";\n}');
  expect(first && formatDiagnostic(first)).toMatchInlineSnapshot(`
    "[WORKFLOW_NOT_ASYNC] Expected the workflow "pay" to be an async function, got a synchronous one.
      at /app/src/app.ts:2:1

      1 | const x = 1;
    > 2 | function pay() {
        | ^
      3 |   "use workflow";

      Write \`async\` before the function: a workflow waits for its steps."
  `);
});

test('reports both places of an id that two files have', async () => {
  const step = 'export async function s() { "use step" }';
  const app = temporaryApp({
    'a.ts': step,
    'a.mjs': step,
    'w.ts':
      'import { s } from "./a.ts"; import { s as t } from "./a.mjs"; export async function w() { "use workflow"; await s(); await t(); }',
  });
  const error = await app.build('w.ts').catch((reason) => reason);
  expect(error).toMatchObject({ code: 'DUPLICATE_ID' });
  expect(error.message).toContain(app.path('a.mjs'));
  expect(error.message).toContain(app.path('a.ts'));
});

test('reports the files of a program in the same order in every build', async () => {
  const bad = 'export function f() { "use workflow" }';
  const app = temporaryApp({ 'a.ts': bad, 'b.ts': bad });
  const error = await app.build('b.ts', 'a.ts').catch((reason) => reason);
  expect(error).toBeInstanceOf(CompileError);
  expect(error.diagnostics.map((entry: Diagnostic) => entry.loc?.file)).toEqual([
    app.path('a.ts'),
    app.path('b.ts'),
  ]);
});

test('reports imports that do not resolve, unless only dropped code has them', async () => {
  const app = temporaryApp({
    'a.ts': 'import { x } from "nowhere"; export async function f() { "use workflow"; x() }',
  });
  await expect(app.build('a.ts')).rejects.toMatchObject({
    code: 'IMPORT_NOT_FOUND',
    diagnostics: [{ loc: { file: app.path('a.ts'), line: 1, column: 19 } }],
  });
  app.write('a.ts', 'import { x } from "nowhere"; x(); export async function f() { "use workflow"; }');
  expect((await app.build('a.ts')).manifest.workflows).toHaveLength(1);
});

test('reports an await at the top level that a workflow needs, and no other', async () => {
  const app = temporaryApp({
    'a.ts':
      'const unused = await 1;\nconst gone = 2;\n\nconst x = await 3;\nexport async function f() { "use workflow"; return x }',
  });
  await expect(app.build('a.ts')).rejects.toMatchObject({
    code: 'TOP_LEVEL_AWAIT',
    diagnostics: [{ loc: { file: app.path('a.ts'), line: 4, column: 11 } }],
  });
});

test('reports a syntax error in a module that a workflow imports', async () => {
  const app = temporaryApp({
    'a.ts': 'import { u } from "./c.ts";\nexport async function f() { "use workflow"; return u }',
    'c.ts': '\nexport const u = = 1;',
  });
  await expect(app.build('a.ts')).rejects.toMatchObject({
    code: 'PARSE_FAILED',
    diagnostics: [{ loc: { file: app.path('c.ts'), line: 2, column: 18 } }],
  });
});

test('reports nothing about installed code in a syntax that is not understood', async () => {
  const source = '"use step" with (a) {}';
  const options = { root: '/app', file: '/app/node_modules/lib/index.js' };
  expect(transformHost(source, options)).toBeUndefined();
});
