import { SourceMap } from 'node:module';
import vm from 'node:vm';
import { expect, test } from 'vitest';
import type { Program } from '../src/index.ts';
import { load, plain, run, temporaryApp } from './temporary-app.ts';

const files = {
  'src/a.ts': `import { shared } from './shared.ts';
export async function first(n: number) {
  "use workflow";
  return shared(n);
}`,
  'src/b.ts': `import { shared } from './shared.ts';
import { s } from './steps.ts';
export async function second() { "use workflow"; await s(); return shared(2); }`,
  'src/steps.ts': 'export async function s() { "use step" }',
  'src/shared.ts': `interface Unused { a: number }

export function shared(n: number): number {
  if (n > 100) throw new Error('too much');
  return n + 1;
}`,
};

function mapOf({ code }: Program): SourceMap & { payload: { sources: string[]; sourcesContent: string[] } } {
  const data = code.split('base64,').at(-1) ?? '';
  return new SourceMap(JSON.parse(Buffer.from(data, 'base64').toString())) as never;
}

test('one strict script holds all workflows and nothing else', async () => {
  const app = temporaryApp(files);
  const program = await app.build('src/a.ts', 'src/b.ts');
  expect(program.code.startsWith('"use strict";')).toBe(true);
  expect(program.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(program.warnings).toEqual([]);
  const state = load(program);
  expect([...state.workflows.keys()]).toEqual(['workflow//src/a//first', 'workflow//src/b//second']);
  expect(await run(state, 'workflow//src/b//second')).toBe(3);
});

test('the manifest lists workflows and steps with file and line', async () => {
  const app = temporaryApp(files);
  const { manifest } = await app.build('src/b.ts', 'src/a.ts');
  expect(manifest).toEqual({
    workflows: [
      { id: 'workflow//src/a//first', name: 'first', file: 'src/a', line: 2 },
      { id: 'workflow//src/b//second', name: 'second', file: 'src/b', line: 3 },
    ],
    steps: [{ id: 'step//src/steps//s', name: 's', file: 'src/steps', line: 1 }],
    classes: [],
  });
});

test('the same source gives the same program, in any order and any folder', async () => {
  const [here, there] = [temporaryApp(files), temporaryApp(files)];
  const first = await here.build('src/a.ts', 'src/b.ts');
  const second = await there.build('src/b.ts', 'src/steps.ts', 'src/a.ts', 'src/a.ts');
  expect(second.code).toBe(first.code);
  expect(first.code).not.toContain(here.root);
  expect(mapOf(first).payload.sources.filter((source) => source.startsWith('/'))).toEqual([]);
  there.write('src/shared.ts', files['src/shared.ts'].replace('n + 1', 'n + 2'));
  expect((await there.build('src/a.ts', 'src/b.ts')).hash).not.toBe(first.hash);
});

test('an error thrown in a program maps to the original file and line', async () => {
  const app = temporaryApp(files);
  const program = await app.build('src/a.ts');
  const error = await run(load(program), 'workflow//src/a//first', 101).catch((reason) => reason);
  const frames = String((error as Error).stack).matchAll(/program\.js:(\d+):(\d+)/g);
  const map = mapOf(program);
  const places = [...frames].map(([, line, column]) => {
    const origin = map.findOrigin(Number(line), Number(column));
    return 'fileName' in origin ? `${origin.fileName}:${origin.lineNumber}` : undefined;
  });
  expect(places.slice(0, 2)).toEqual(['src/shared.ts:4', 'src/a.ts:4']);
  expect(map.payload.sourcesContent[map.payload.sources.indexOf('src/a.ts')]).toBe(files['src/a.ts']);
});

test('an alias means another module inside a program, and conditions prefer "workflow"', async () => {
  const app = temporaryApp({
    'node_modules/lib/package.json':
      '{ "name": "lib", "exports": { ".": { "workflow": "./in.js", "import": "./out.js", "default": "./out.js" } } }',
    'node_modules/lib/in.js': 'export const where = "inside";',
    'node_modules/lib/out.js': 'export const where = "outside";',
    'app.ts': `import { sleep } from 'perdure'; import { where } from 'lib';
      export async function main() { "use workflow"; await sleep(); return where; }`,
  });
  expect(await run(load(await app.build('app.ts')), 'workflow//app//main')).toBe('inside');
});

test('the guest can be imported late, by name, as a whole and by require', async () => {
  const app = temporaryApp({
    'node_modules/lib/package.json': '{ "name": "lib", "main": "index.cjs" }',
    'node_modules/lib/index.cjs': 'exports.late = () => typeof require("perdure").sleep;',
    'app.ts': `import * as all from 'perdure';
      import { sleep as pause } from 'workflow';
      import { late } from 'lib';
      export async function main() {
        "use workflow";
        const { sleep } = await import('perdure');
        return [typeof sleep, typeof all.sleep, sleep === pause, late(), Object.keys(all).includes('sleep')];
      }`,
  });
  const program = await app.build('app.ts');
  expect(plain(await run(load(program), 'workflow//app//main'))).toEqual([
    'function',
    'function',
    true,
    'function',
    true,
  ]);
});

test('a name that the guest does not have is reported', async () => {
  const app = temporaryApp({
    'app.ts': `import { nothing } from 'perdure'; export async function main() { "use workflow"; return nothing; }`,
  });
  await expect(app.build('app.ts')).rejects.toMatchObject({
    code: 'PROGRAM_FAILED',
    message: expect.stringMatching(/"nothing" is not exported by .*perdure/),
  });
});

test('an import of .js means the file of that name, else the TypeScript beside it', async () => {
  const app = temporaryApp({
    'app.ts': `import { a } from './a.js'; import { b } from './b.js'; import { c } from './c.mjs';
      export async function main() { "use workflow"; return [a, b, c]; }`,
    'a.js': 'export const a = "js";',
    'a.ts': 'export const a = "ts";',
    'b.ts': 'export const b: string = "ts";',
    'c.mts': 'export const c: string = "mts";',
  });
  expect(plain(await run(load(await app.build('app.ts')), 'workflow//app//main'))).toEqual([
    'js',
    'ts',
    'mts',
  ]);
});

test('a program without workflows is still a script', async () => {
  const app = temporaryApp(files);
  const program = await app.build('src/steps.ts');
  expect(() => new vm.Script(program.code)).not.toThrow();
  expect(program.manifest.steps).toHaveLength(1);
});

test('files of other packages are named by package, wherever they are', async () => {
  const lib = temporaryApp({
    'package.json': '{ "name": "@acme/flows" }',
    'src/f.ts': 'export async function f() { "use workflow" }',
  });
  const app = temporaryApp({
    'app.ts': `export { f } from 'flows'; export async function g() { "use workflow" }`,
    'node_modules/flows/package.json': '{ "name": "flows", "type": "module", "main": "./dist/f.js" }',
    'node_modules/flows/dist/f.js': 'export async function f() { "use workflow" }',
  });
  const program = await app.build(
    'app.ts',
    'node_modules/flows/dist/f.js',
    `../${lib.root.split('/').at(-1)}/src/f.ts`,
  );
  expect(program.manifest.workflows.map(({ id }) => id)).toEqual([
    'workflow//@acme/flows/src/f//f',
    'workflow//app//g',
    'workflow//flows/dist/f//f',
  ]);
});
