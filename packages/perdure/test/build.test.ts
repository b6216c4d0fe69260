/** What changes and what is imported, from the sources of an app to the end of a run. */
import { realpathSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type App, lastLine, makeApp, runsWorkflow } from './app.ts';

const { resolve } = createRequire(import.meta.url);
const register = ['--import', 'perdure/register'];

/** What `main.ts` prints, in a process of its own. */
async function run(app: App): Promise<unknown> {
  const { stdout, stderr } = await app.node(...register, 'main.ts');
  return stdout === '' ? { stderr } : lastLine(stdout);
}

/** A workflow that returns what its helper and its step say. */
const flow = `import { step } from './steps.ts';
import { helper } from './helper.ts';
export async function main() { 'use workflow'; return [1, helper(), await step()]; }`;
const app = {
  'main.ts': runsWorkflow('flow.ts'),
  'flow.ts': flow,
  'helper.ts': `export const helper = () => 'helper';`,
  'steps.ts': `export async function step() { 'use step'; return 'step'; }`,
};

describe('after a restart, plain Node runs', () => {
  it.each([
    ['an edited workflow', { 'flow.ts': flow.replace('[1,', '[2,') }, [2, 'helper', 'step']],
    [
      'an edited module of the workflow',
      { 'helper.ts': `export const helper = () => 'new';` },
      [1, 'new', 'step'],
    ],
    [
      'an edited step',
      { 'steps.ts': `export async function step() { 'use step'; return 'other'; }` },
      [1, 'helper', 'other'],
    ],
    [
      'an added file',
      {
        'added.ts': `export async function added() { 'use step'; return 'added'; }
export async function other() { 'use workflow'; return await added(); }`,
        'main.ts': runsWorkflow('added.ts', 'other'),
      },
      'added',
    ],
  ])('%s', async (_, edits, result) => {
    const made = makeApp(app);
    expect(await run(made)).toEqual({ result: [1, 'helper', 'step'] });
    made.write(edits as Record<string, string>);
    expect(await run(made)).toEqual({ result });
  });
});

/** Edits an app in the dev server of Vite until it runs what was written. */
const develop = `import { writeFileSync } from 'node:fs';
import perdure from 'perdure/vite';
import { createServer } from 'vite';
const { edits, entry } = JSON.parse(process.argv[2]!);
const server = await createServer({ configFile: false, logLevel: 'silent', appType: 'custom', server: { middlewareMode: true, ws: false }, plugins: [perdure()] });
const outcome = async () => JSON.stringify(await (await server.ssrLoadModule(entry)).run());
const first = await outcome();
for (const [file, text] of Object.entries(edits)) writeFileSync(file, text as string);
let last = first;
for (let tries = 0; last === first && tries < 200; tries++) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  last = await outcome();
}
console.log(JSON.stringify([first, last].map((text) => JSON.parse(text))));
await server.close();
process.exit();`;

const served = {
  ...app,
  'develop.ts': develop,
  'entry.ts': `import { start } from 'perdure/api';
import { main } from './flow.ts';
export const run = async () => await (await start(main, [])).returnValue;`,
};

describe('without a restart, the dev server of Vite runs', () => {
  it.each([
    ['an edited workflow', { 'flow.ts': flow.replace('[1,', '[2,') }, [2, 'helper', 'step']],
    [
      'an edited module of the workflow',
      { 'helper.ts': `export const helper = () => 'new';` },
      [1, 'new', 'step'],
    ],
    [
      'an edited step',
      { 'steps.ts': `export async function step() { 'use step'; return 'other'; }` },
      [1, 'helper', 'other'],
    ],
    [
      'an added file',
      {
        'added.ts': `export async function added() { 'use step'; return 'added'; }`,
        'flow.ts': flow
          .replace("'./steps.ts'", "'./steps.ts'; import { added } from './added.ts'")
          .replace('[1,', '[await added(),'),
      },
      ['added', 'helper', 'step'],
    ],
  ])('%s', async (_, edits, result) => {
    const made = makeApp(served);
    link(made, 'vite');
    const { stdout, stderr } = await made.node('develop.ts', JSON.stringify({ edits, entry: '/entry.ts' }));
    expect(stderr).toBe('');
    expect(lastLine(stdout)).toEqual([[1, 'helper', 'step'], result]);
  });
});

/** Makes a package that this repository has importable in an app. */
function link(
  made: App,
  name: string,
  { from = resolve('perdure/package.json'), folder = '.' }: { from?: string; folder?: string } = {},
): void {
  const found = dirname(createRequire(from).resolve(`${name}/package.json`));
  symlinkSync(realpathSync(found), made.path(`${folder}/node_modules/${name}`));
}

describe('a Node built-in in a workflow', () => {
  it.each([
    ['fs', 'readFileSync', `readFileSync('/etc/hostname', 'utf8')`],
    ['node:path', 'join', `join('a', 'b')`],
    ['crypto', 'randomUUID', 'randomUUID()'],
  ])('%s is refused before anything runs, where its use is sure', async (module, member, call) => {
    const made = makeApp({
      'main.ts': runsWorkflow('flow.ts'),
      'flow.ts': `import { ${member} } from '${module}';
export async function main() { 'use workflow'; return ${call}; }`,
    });
    const { stdout, stderr, failed } = await made.node(...register, 'main.ts');
    expect({ stdout, failed }).toEqual({ stdout: '', failed: true });
    expect(stderr).toContain('[BUILTIN_IN_WORKFLOW]');
    expect(stderr).toContain(`flow.ts:2:`);
    expect(stderr).toContain(`a call of ${member} from "node:${module.replace('node:', '')}"`);
    expect(stderr).toContain('Move the call into a function with "use step"');
  });

  it.each([
    ['fs', 'readFileSync', `readFileSync('/etc/hostname', 'utf8')`],
    ['node:path', 'join', `join('a', 'b')`],
    ['crypto', 'randomUUID', 'randomUUID()'],
  ])(
    '%s fails the run with the import chain and the fix, where a helper uses it',
    async (module, member, call) => {
      const made = makeApp({
        'main.ts': runsWorkflow('flow.ts'),
        'flow.ts': `import { middle } from './middle.ts';
export async function main() { 'use workflow'; return middle(); }`,
        'middle.ts': `export { helper as middle } from './helper.ts';`,
        'helper.ts': `import { ${member} } from '${module}';\nexport const helper = () => ${call};`,
      });
      const outcome = (await run(made)) as { message: string; hint: string; stack: string };
      expect(outcome.message).toContain(`node:${module.replace('node:', '')}`);
      expect(outcome.message).toContain(member);
      expect(outcome.message).toMatch(/helper\.ts.*flow\.ts/s);
      expect(outcome.hint).toContain('use step');
      expect(outcome.stack).toMatch(/helper\.ts:2:\d+/);
    },
  );

  it('does no harm in a shared module whose other exports the workflow uses', async () => {
    const made = makeApp({
      'main.ts': runsWorkflow('flow.ts'),
      'flow.ts': `import { label, readName } from './shared.ts';
async function load() { 'use step'; return readName(); }
export async function main() { 'use workflow'; return label(await load()); }`,
      'shared.ts': `import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import crypto from 'node:crypto';
export const readName = () => JSON.parse(readFileSync(path.join(import.meta.dirname, 'package.json'), 'utf8')).name;
export const digest = (text: string) => crypto.createHash('sha256').update(text).digest('hex');
export const label = (name: string) => 'name: ' + name;`,
    });
    expect(await run(made)).toEqual({ result: 'name: app' });
  });
});

describe('a step', () => {
  it('uses a native addon of a package', async () => {
    const made = makeApp({
      'main.ts': runsWorkflow('flow.ts'),
      'flow.ts': `import { parseSync } from 'oxc-parser';
async function parse(code: string) { 'use step'; return parseSync('a.ts', code).program.body.length; }
export async function main() {
  'use workflow';
  const own = async (code: string) => { 'use step'; return parseSync('b.ts', code).errors.length; };
  return [await parse('a; b; c;'), await own('1 +')];
}`,
    });
    link(made, 'oxc-parser', { from: resolve('@perdure/compiler') });
    expect(await run(made)).toEqual({ result: [3, 1] });
  });

  it('reads files beside it by import.meta.url, nested in a workflow too', async () => {
    const made = makeApp({
      'main.ts': runsWorkflow('flows/flow.ts'),
      'flows/data.txt': 'data',
      'flows/flow.ts': `import { readFileSync } from 'node:fs';
async function load(name: string) { 'use step'; return readFileSync(new URL('./' + name, import.meta.url), 'utf8'); }
export async function main(name = 'data.txt') {
  'use workflow';
  const near = async () => { 'use step'; return [import.meta.filename.endsWith('flow.ts'), readFileSync(new URL(name, import.meta.url), 'utf8')]; };
  return [await load(name), await near()];
}`,
    });
    expect(await run(made)).toEqual({ result: ['data', [true, 'data']] });
  });
});

const bundle = `import perdure from 'perdure/rolldown';
import { build } from 'rolldown';
await build({ input: 'main.ts', platform: 'node', external: [/^perdure/], logLevel: 'silent', tsconfig: true, plugins: [perdure()], output: { dir: 'dist', entryFileNames: 'main.mjs' } });`;

it('a bundle resolves the paths of tsconfig.json and of package.json, in the program too', async () => {
  const made = makeApp({
    'package.json': '{ "name": "app", "type": "module", "imports": { "#lib/*": "./lib/*.ts" } }',
    'tsconfig.json':
      '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"], "~steps": ["./src/steps.ts"] } } }',
    'bundle.ts': bundle,
    'main.ts': runsWorkflow('src/flow.ts'),
    'src/flow.ts': `import { label } from '@lib/label';
import { unit } from '#lib/unit';
import { measure } from '~steps';
export async function main() { 'use workflow'; return label(await measure()) + unit; }`,
    'src/steps.ts': `import { label } from '@lib/label';
export async function measure() { 'use step'; return label(5); }`,
    'lib/label.ts': 'export const label = (n: unknown) => "<" + n + ">";',
    'lib/unit.ts': `export const unit = 'kg';`,
  });
  link(made, 'rolldown');
  const { stderr } = await made.node('bundle.ts');
  expect(stderr).toBe('');
  expect(lastLine((await made.node('dist/main.mjs')).stdout)).toEqual({ result: '<<5>>kg' });
});

/** An app and a package of the same repository, linked as package managers do, with its sources. */
const monorepo = {
  'packages/flows/package.json':
    '{ "name": "@acme/flows", "version": "3.2.1", "type": "module", "exports": { ".": "./src/index.ts" }, "sideEffects": false }',
  'packages/flows/src/index.ts': `export * from './flow.ts';`,
  'packages/flows/src/flow.ts': `import { where } from './where.ts';
async function look(text: string) { 'use step'; return text + '!'; }
export async function main(): Promise<unknown> { 'use workflow'; return await look(where); }`,
  'packages/flows/src/where.ts': `export const where = 'workspace';`,
  'apps/web/package.json': '{ "name": "web", "type": "module" }',
  'apps/web/node_modules/@acme/.keep': '',
  'apps/web/main.ts': `${runsWorkflow('x').replace("'./x'", "'@acme/flows'")}
console.log(JSON.stringify([...(globalThis as any)[Symbol.for('perdure.registry')].workflows.keys()]));`,
  'apps/web/rolldown.ts': bundle,
  'apps/web/vite.ts': `import perdure from 'perdure/vite';
import { build } from 'vite';
await build({ configFile: false, logLevel: 'silent', plugins: [perdure()], build: { ssr: 'main.ts', outDir: 'dist', rolldownOptions: { output: { entryFileNames: 'main.mjs' } } } });`,
};

it.each([
  ['plain Node', undefined],
  ['Rolldown', 'rolldown.ts'],
  ['Vite', 'vite.ts'],
])('a linked package with directives runs under %s, with ids by its name', async (_, build) => {
  const made = makeApp(monorepo, 'apps/web');
  symlinkSync(made.path('packages/flows'), made.path('apps/web/node_modules/@acme/flows'));
  for (const name of ['rolldown', 'vite']) link(made, name, { folder: 'apps/web' });
  if (build) expect((await made.node(build)).stderr).toBe('');
  const { stdout } = await made.node(...(build ? ['dist/main.mjs'] : [...register, 'main.ts']));
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([{ result: 'workspace!' }, ['workflow//@acme/flows/src/flow//main']]);
});
