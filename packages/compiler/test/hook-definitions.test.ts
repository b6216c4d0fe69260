import { expect, test } from 'vitest';
import { load, plain, run, temporaryApp } from './temporary-app.ts';

/** A schema library that is large, has side effects and cannot be shaken. */
const schema = {
  'node_modules/heavy/package.json': '{ "name": "heavy", "type": "module", "main": "index.js" }',
  'node_modules/heavy/index.js':
    'globalThis.heavyLoaded = true; export const object = (shape) => ({ shape }); export const text = () => "text";',
};

/** The program without its source map. */
const scriptOf = ({ code }: { code: string }) => code.split('//# source')[0];

test('the schema of a hook stays out of the program, in the file of a workflow', async () => {
  const app = temporaryApp({
    ...schema,
    'app.ts': `import * as heavy from 'heavy';
      import { defineHook } from 'perdure';
      const shape = { name: heavy.text() };
      export const approval = defineHook({ schema: heavy.object(shape) },);
      export async function main() { "use workflow"; return (approval as any).args.length; }`,
  });
  const program = await app.build('app.ts');
  expect(scriptOf(program)).not.toContain('heavy');
  expect(await run(load(program), 'workflow//app//main')).toBe(0);
});

test('and in a file of hooks, whose schemas steps use too', async () => {
  const app = temporaryApp({
    ...schema,
    'hooks.ts': `import { object, text } from 'heavy';
      import * as perdure from 'workflow';
      export const shape = object({ name: text() });
      export const approval = perdure.defineHook<string>({ schema: shape });
      export default perdure.defineHook();
      export const name = 'hooks';`,
    'steps.ts': `import { shape } from './hooks.ts'; export async function check() { "use step"; return shape; }`,
    'app.ts': `import rejection, { approval, name } from './hooks.ts';
      import { check } from './steps.ts';
      export async function main() { "use workflow"; await check(); return [approval, rejection, name]; }`,
  });
  const program = await app.build('app.ts', 'steps.ts');
  expect(scriptOf(program)).not.toContain('heavy');
  expect(plain(await run(load(program), 'workflow//app//main'))).toEqual([
    { args: [] },
    { args: [] },
    'hooks',
  ]);
});

test('a schema that workflow code uses stays', async () => {
  const app = temporaryApp({
    ...schema,
    'app.ts': `import { object } from 'heavy';
      import { defineHook } from 'perdure';
      const shape = object({ a: 1 });
      const approval = defineHook({ schema: shape });
      export async function main() { "use workflow"; return [approval, shape]; }`,
  });
  const result = await run(load(await app.build('app.ts')), 'workflow//app//main');
  expect(plain(result)).toEqual([{ args: [] }, { shape: { a: 1 } }]);
});

test('functions of that name from elsewhere keep their arguments', async () => {
  const app = temporaryApp({
    'own.ts': 'export const defineHook = (...args: unknown[]) => args;',
    'app.ts': `import { defineHook } from './own.ts';
      const hook = defineHook({ a: 1 });
      export async function main() { "use workflow"; return hook; }`,
  });
  expect(plain(await run(load(await app.build('app.ts')), 'workflow//app//main'))).toEqual([{ a: 1 }]);
});
