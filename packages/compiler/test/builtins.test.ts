import { expect, test } from 'vitest';
import { load, run, temporaryApp } from './temporary-app.ts';

test('a built-in that a workflow can reach throws when it is used, with the import chain', async () => {
  const app = temporaryApp({
    'src/app.ts': `import { read } from './lib/read.ts';
      export async function main(use: boolean) { "use workflow"; return use ? read() : 'unused'; }`,
    'src/lib/read.ts': `import { readFileSync } from 'fs'; import path, { join } from 'node:path';
      export const read = () => readFileSync(join('a')) + path.sep;`,
  });
  const state = load(await app.build('src/app.ts'));
  expect(await run(state, 'workflow//src/app//main', false)).toBe('unused');
  await expect(run(state, 'workflow//src/app//main', true)).rejects.toThrow(
    'node:path join is not available: src/lib/read.ts <- src/app.ts',
  );
});

test('a CommonJS library that requires built-ins loads, and throws only when it uses them', async () => {
  const app = temporaryApp({
    'node_modules/lib/package.json': '{ "name": "lib", "main": "index.js" }',
    'node_modules/lib/index.js': `const { readFile } = require('fs'); const events = require('events');
      exports.Emitter = class extends events {}; exports.read = () => readFile('x'); exports.plain = 1;`,
    'app.ts': `import { plain, read } from 'lib';
      export async function main(use: boolean) { "use workflow"; return use ? read() : plain; }`,
  });
  const state = load(await app.build('app.ts'));
  expect(await run(state, 'workflow//app//main', false)).toBe(1);
  await expect(run(state, 'workflow//app//main', true)).rejects.toThrow(
    'node:fs readFile is not available: lib/index.js <- app.ts',
  );
});

const proven: [name: string, imports: string, call: string][] = [
  ['a named import', 'import { readFileSync } from "node:fs";', 'readFileSync("x")'],
  ['a default import', 'import fs from "fs";', 'fs.promises.readFile("x")'],
  ['a namespace', 'import * as os from "node:os";', 'if (1) { os.cpus(); }'],
  ['a class', 'import { EventEmitter } from "events";', 'new EventEmitter()'],
];

test.each(proven)('a call of a built-in in a workflow fails the build: %s', async (_, imports, call) => {
  const app = temporaryApp({
    'app.ts': `${imports}\nexport async function main() { "use workflow"; ${call} }`,
  });
  await expect(app.build('app.ts')).rejects.toMatchObject({
    code: 'BUILTIN_IN_WORKFLOW',
    diagnostics: [{ loc: { line: 2 } }],
  });
});

test('a built-in may be used in a step inside a workflow', async () => {
  const app = temporaryApp({
    'app.ts': `import { readFileSync } from 'node:fs';
      export async function main() { "use workflow"; await (async () => { "use step"; readFileSync('x'); })(); return 1; }`,
  });
  const program = await app.build('app.ts');
  expect(program.code).not.toContain('unavailable("node:fs"');
  expect(await run(load(program), 'workflow//app//main')).toBe(1);
});
