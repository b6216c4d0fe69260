import { stripTypeScriptTypes } from 'node:module';
import { expect, onTestFinished, test } from 'vitest';
import { discover, transformHost } from '../src/index.ts';
import { load, plain, run, temporaryApp } from './temporary-app.ts';

const methods = `static [WORKFLOW_SERIALIZE](point) { return { ...point }; }
  static [WORKFLOW_DESERIALIZE](data) { return Object.assign(new this(), data); }`;
const serde = `import { WORKFLOW_DESERIALIZE, WORKFLOW_SERIALIZE } from 'perdure/serde';`;
const direct = methods
  .replace('WORKFLOW_SERIALIZE', "Symbol.for('workflow-serialize')")
  .replace('WORKFLOW_DESERIALIZE', "Symbol.for('workflow-deserialize')");

/** The ids of the classes of one file, as the host transform registers them. */
async function hostClasses(source: string): Promise<Map<string, new () => object>> {
  const key = Symbol.for('perdure.registry');
  const scope = globalThis as { [key]?: { classes?: Map<string, new () => object> } };
  const before = scope[key];
  const registry: { classes?: Map<string, new () => object> } = {};
  scope[key] = Object.assign(registry, { steps: new Map(), workflows: new Map(), files: new Set() });
  onTestFinished(() => {
    scope[key] = before;
  });
  const { code } = transformHost(source, { file: '/app/src/app.ts', root: '/app' }) ?? { code: source };
  const url = `data:text/javascript;base64,${Buffer.from(stripTypeScriptTypes(code)).toString('base64')}#${Math.random()}`;
  await import(/* @vite-ignore */ url);
  return registry.classes ?? new Map();
}

const found: [name: string, source: string, classes: string[]][] = [
  ['a declaration', `class A { ${direct} }`, ['A']],
  ['an exported class', `export class A { ${direct} }`, ['A']],
  ['a default export', `export default class A { ${direct} }`, ['A']],
  ['a default export without a name', `export default class { ${direct} }`, ['default']],
  ['a class expression', `export const A = (class _A { ${direct} }) as any;`, ['A']],
  [
    'symbols under names of the file, and static fields',
    `var a = Symbol.for("workflow-serialize"), b = Symbol.for("workflow-deserialize");
      class A { static [a] = () => ({}); static [b] = () => new A(); }`,
    ['A'],
  ],
  ['a class that extends such a class', `class A { ${direct} } class B extends A {}`, ['A', 'B']],
  [
    'errors in a file with steps, also of further classes',
    `class A extends TypeError {} const B = class extends A {}; async function s() { "use step" }`,
    ['A', 'B'],
  ],
  ['errors in a file without', `class A extends Error {} // 'use step'`, []],
  ['a class with one of the methods', `class A { static [Symbol.for('workflow-serialize')]() {} }`, []],
  ['methods of instances', `class A { ${direct.replaceAll('static ', '')} }`, []],
  ['a class in a function', `function f() { return class A { ${direct} } }`, []],
  ['classes that are no errors', `class A {} class B extends A {} async function s() { "use step" }`, []],
];

test.each(found)('on the host: %s', async (_, source, names) => {
  const classes = await hostClasses(source);
  expect([...classes.keys()]).toEqual(names.map((name) => `class//src/app//${name}`));
  for (const [id, cls] of classes) {
    expect(cls).toHaveProperty('classId', id);
    expect(Object.keys(cls)).not.toContain('classId');
  }
});

test.each(['perdure/serde', 'workflow/serde'])('knows the symbols of %s', (module) => {
  const app = temporaryApp({
    'a.ts': `${serde.replace('perdure/serde', module)} export class A { ${methods} }`,
    'b.ts': `import * as serde from '${module}'; export class B { ${methods.replaceAll('[', '[serde.')} }`,
    'c.ts': `import { WORKFLOW_SERIALIZE, WORKFLOW_DESERIALIZE } from 'other'; export class C { ${methods} }`,
  });
  const { classes, files, workflows } = discover({ root: app.root });
  expect(classes).toEqual([
    { id: 'class//a//A', name: 'A', file: 'a', line: 1 },
    { id: 'class//b//B', name: 'B', file: 'b', line: 1 },
  ]);
  expect([files, workflows]).toEqual([[app.path('a.ts'), app.path('b.ts')], []]);
});

test('what was compiled is not compiled again', () => {
  const options = { file: '/app/src/app.ts', root: '/app' };
  const once = transformHost(`export class A { ${direct} }`, options);
  expect(transformHost(once?.code ?? '', options)).toBeUndefined();
});

test('a class compiled by an earlier build keeps its id', async () => {
  const classes = await hostClasses(
    `class A { ${direct} static { Object.defineProperty(this, 'classId', { value: 'class//other//A' }); } }`,
  );
  expect([...classes.keys()]).toEqual([]);
});

test.each([
  ['a class', `export class Money { ${direct} static readonly classId = 'money' as const; }`],
  [
    'an error',
    `export class Money extends Error { static 'classId': string = "money" } // "use step"\nasync function s() { "use step" }`,
  ],
])('%s that says its id has it on the host, in the program and in the manifest', async (_, source) => {
  const classes = await hostClasses(source);
  expect([...classes.keys()]).toEqual(['money']);
  expect(classes.get('money')).toHaveProperty('classId', 'money');
  const app = temporaryApp({
    'src/app.ts': `${source} export async function main() { 'use workflow'; return new Money(); }`,
  });
  const program = await app.build('src/app.ts');
  expect(program.manifest.classes).toEqual([{ id: 'money', name: 'Money', file: 'src/app', line: 1 }]);
  expect([...load(program).classes.keys()]).toEqual(['money']);
});

test('the program knows the classes of workflows, of their imports and of steps', async () => {
  const app = temporaryApp({
    'package.json': '{ "name": "app", "type": "module", "sideEffects": false }',
    'flow.ts': `import { load } from './steps.ts';
      import { Size } from './size.ts';
      class Local extends Error { code = 1; }
      class Unrelated {}
      export async function main() { "use workflow"; await load(); return new Size(3).label(); }`,
    'steps.ts': `import { DatabaseError, connect } from 'driver';
      import type { Stored } from './stored.ts';
      import { AppError } from './app-error.ts';
      const pool = connect();
      class LoadError extends Error { name = 'LoadError'; }
      class QueryError extends DatabaseError {}
      class PoolError extends LoadError { pool = pool; }
      class AppLoadError extends AppError {}
      export class Row { ${direct}
        async save() { 'use step'; await pool.save(this); }
      }
      export async function load(): Promise<Stored> { "use step"; throw new LoadError(pool, QueryError, PoolError, AppLoadError); }`,
    'app-error.ts': 'export class AppError extends Error {}',
    'size.ts': `globalThis.setUp = true;
      export class Size { n; constructor(n) { this.n = n; } ${direct} label() { return unit + this.n; } }
      const unit = 'size ';
      export const unused = connect();`,
    'stored.ts': `import { connect } from 'driver'; export const pool = connect(); export class Stored { ${direct} }`,
    'node_modules/driver/package.json': '{ "name": "driver", "main": "index.js" }',
    'node_modules/driver/index.js': 'globalThis.driver = true; module.exports = { connect() {} };',
  });
  const program = await app.build('flow.ts', 'steps.ts', 'stored.ts');
  const state = load(program);
  const ids = [
    'flow//Local',
    'size//Size',
    'steps//AppLoadError',
    'steps//LoadError',
    'steps//Row',
    'stored//Stored',
  ];
  expect([...state.classes.keys()].sort()).toEqual(ids.map((id) => `class//${id}`));
  const listed = program.manifest.classes.map(({ id }) => id.slice('class//'.length));
  expect(listed).toEqual([...ids, 'steps//PoolError', 'steps//QueryError'].sort());
  expect(await run(state, 'workflow//flow//main')).toBe('size 3');
  for (const gone of ['driver', 'Unrelated', 'setUp']) {
    expect(program.code.split('//# source')[0]).not.toContain(gone);
  }
});

test('a method of an instance is a step of the program, with what it captured', async () => {
  const app = temporaryApp({
    'flow.ts': `import { Order } from './order.ts';
      export async function main() { "use workflow"; const order = new Order(); order.total = 5; return await order.pay('EUR'); }`,
    'order.ts': `import { charge } from 'bank';
      export class Order { total = 0; ${direct}
        async pay(currency: string) { 'use step'; return await charge(this.total, currency); }
      }`,
  });
  const state = load(await app.build('flow.ts'));
  state.run = () => 'paid';
  expect(await run(state, 'workflow//flow//main')).toBe('paid');
  expect(plain(state.calls)).toEqual([
    { id: 'step//order//Order#pay', args: ['EUR'], closure: { self: { total: 5 } } },
  ]);
});

test('two classes with one id are rejected', async () => {
  const app = temporaryApp({
    'a.ts': `export class A { ${direct} }`,
    'a.mjs': `export class A { ${direct} }`,
  });
  await expect(app.build('a.ts', 'a.mjs')).rejects.toMatchObject({ code: 'DUPLICATE_ID' });
});
