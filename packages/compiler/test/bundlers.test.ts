import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { build as esbuild } from 'esbuild';
import { rolldown } from 'rolldown';
import { createServer, build as viteBuild } from 'vite';
import { expect, test } from 'vitest';
import perdureEsbuild from '../src/esbuild.ts';
import { perdure } from '../src/index.ts';
import perdureRolldown from '../src/rolldown.ts';
import perdureVite from '../src/vite.ts';
import { runHooked, runNode } from './run-node.ts';
import { guest, load, type TemporaryApp, temporaryApp } from './temporary-app.ts';

const files = {
  'package.json': '{ "name": "app", "type": "module", "sideEffects": false }',
  'src/main.ts': `import { greet } from './flows/greet.ts';
import './other.ts';
const registry = (globalThis as any)[Symbol.for('perdure.registry')];
const program = await registry.program();
console.log(JSON.stringify({
  id: (greet as any).workflowId,
  steps: [...registry.steps.keys()].sort(),
  classes: [...registry.classes.keys()],
  files: registry.files.size > 0,
  hash: program.hash,
  code: program.code.length,
  workflows: program.manifest.workflows.map((workflow: { id: string }) => workflow.id),
}));`,
  'src/flows/greet.ts': `import { shout } from '../barrel.ts';
import { punctuation } from '../punctuation.ts';
export async function greet(name: string) { "use workflow"; return (await shout(name)) + punctuation; }`,
  'src/barrel.ts': 'export * from "./steps.ts";',
  'src/steps.ts': `import { Money } from './money.ts';
export async function shout(text: string) { "use step"; return text.toUpperCase() + new Money().amount; }`,
  'src/money.ts': `export class Money {
  amount = 1;
  static [Symbol.for('workflow-serialize')](money: Money) { return money.amount; }
  static [Symbol.for('workflow-deserialize')]() { return new Money(); }
}`,
  'src/punctuation.ts': 'export const punctuation = "!";',
  'src/other.ts': 'export default async () => { "use workflow"; return 1; };',
};

/** What every way of running the app must print. */
async function expected(app: TemporaryApp): Promise<object> {
  const program = await app.build('src/flows/greet.ts', 'src/other.ts', 'src/steps.ts', 'src/money.ts');
  return {
    id: 'workflow//src/flows/greet//greet',
    steps: ['step//src/steps//shout'],
    classes: ['class//src/money//Money'],
    files: false,
    hash: program.hash,
    code: program.code.length,
    workflows: ['workflow//src/flows/greet//greet', 'workflow//src/other//default'],
  };
}

test('plain Node has the ids and the hash of the program', async () => {
  const app = temporaryApp(files);
  expect(await runHooked(app, 'src/main.ts')).toEqual({ ...(await expected(app)), files: true });
});

test('a Rolldown build embeds the same program', async () => {
  const app = temporaryApp(files);
  const bundle = await rolldown({
    cwd: app.root,
    input: app.path('src/main.ts'),
    platform: 'node',
    plugins: [perdureRolldown({ root: app.root, guest })],
  });
  const { output } = await bundle.write({ dir: app.path('dist'), sourcemap: true });
  await bundle.close();
  expect(await runNode(app, 'dist/main.js')).toEqual(await expected(app));
  const chunks = output.filter((chunk) => chunk.type === 'chunk');
  for (const chunk of chunks) expect(chunk.code).not.toContain(app.root);
  expect(chunks.flatMap((chunk) => chunk.map?.sources ?? [])).toContain('../src/steps.ts');
});

test.each([
  { format: 'esm', splitting: true },
  { format: 'esm', splitting: false, minify: true, write: false },
] as const)('an esbuild build embeds the same program: %o', async (options) => {
  const app = temporaryApp(files);
  const result = await esbuild({
    ...options,
    absWorkingDir: app.root,
    entryPoints: ['src/main.ts'],
    bundle: true,
    platform: 'node',
    target: 'es2024',
    outdir: app.path('dist'),
    sourcemap: true,
    plugins: [perdureEsbuild({ root: app.root, guest })],
  });
  for (const { path, text } of result.outputFiles ?? []) app.write(relative(app.root, path), text);
  expect(result.warnings).toEqual([]);
  expect(await runNode(app, 'dist/main.js')).toEqual(await expected(app));
  const map = JSON.parse(readFileSync(app.path('dist/main.js.map'), 'utf8')) as { sources: string[] };
  if (!options.splitting) expect(map.sources).toContain('../src/steps.ts');
});

test('esbuild reports a mistake with its place', async () => {
  const app = temporaryApp({ 'a.ts': '\nexport function a() { "use workflow" }' });
  const failed = esbuild({
    entryPoints: [app.path('a.ts')],
    bundle: true,
    write: false,
    logLevel: 'silent',
    plugins: [perdureEsbuild({ root: app.root, guest })],
  });
  await expect(failed).rejects.toMatchObject({
    errors: [{ text: expect.stringContaining('WORKFLOW_NOT_ASYNC'), location: { line: 2, column: 7 } }],
  });
});

test('a Vite build embeds the same program', async () => {
  const app = temporaryApp(files);
  await viteBuild({
    root: app.root,
    logLevel: 'silent',
    configFile: false,
    plugins: [perdureVite({ guest })],
    build: {
      ssr: app.path('src/main.ts'),
      outDir: app.path('dist'),
      minify: true,
      sourcemap: true,
      target: 'es2024',
    },
  });
  expect(await runNode(app, 'dist/main.js')).toEqual(await expected(app));
});

test('the Vite dev server has the same program, and follows edits', async () => {
  const app = temporaryApp({
    ...files,
    'src/entry.ts': `export { greet } from './flows/greet.ts'; import './other.ts';
export const program = () => (globalThis as any)[Symbol.for('perdure.registry')].program();`,
  });
  const server = await createServer({
    root: app.root,
    logLevel: 'silent',
    configFile: false,
    appType: 'custom',
    server: { middlewareMode: true, ws: false, watch: null },
    plugins: [perdureVite({ guest })],
  });
  try {
    const program = async () =>
      (await (await server.ssrLoadModule('/src/entry.ts')).program()) as { hash: string };
    const want = (await expected(app)) as { hash: string };
    expect((await program()).hash).toBe(want.hash);
    app.write('src/punctuation.ts', 'export const punctuation = "?";');
    const after = (await expected(app)) as { hash: string };
    expect(after.hash).not.toBe(want.hash);
    await expect.poll(async () => (await program()).hash).toBe(after.hash);
  } finally {
    await server.close();
  }
});

test('errors in built steps map to the original, through copies and removals', async () => {
  const app = temporaryApp({
    'main.ts': `import './steps.ts';
const { steps } = (globalThis as any)[Symbol.for('perdure.registry')];
const places: string[] = [];
for (const step of steps.values()) {
  await (step.fn ?? step.bind({})) ().catch((error: Error) => places.push(error.stack!.split('\\n')[1]!.replace(/.*\\//, '')));
}
console.log(JSON.stringify(places.sort()));`,
    'steps.ts': `export interface A {
  a: number;
}
export async function flow() {
  'use workflow';
  const inner = async (): Promise<A> => {
    'use step';
    throw new Error('inner');
  };
  return await inner();
}
export async function outer() {
  'use step'; throw new Error('outer');
}`,
  });
  const bundle = await rolldown({
    cwd: app.root,
    input: app.path('main.ts'),
    platform: 'node',
    plugins: [perdureRolldown({ root: app.root, guest })],
  });
  await bundle.write({ dir: app.path('dist'), sourcemap: true });
  await bundle.close();
  expect(await runNode(app, 'dist/main.js', ['--enable-source-maps'])).toEqual([
    expect.stringContaining('steps.ts:13:21'),
    expect.stringContaining('steps.ts:8:11'),
  ]);
});

test('a mistake fails the build with its diagnostic', async () => {
  const app = temporaryApp({ 'a.ts': 'export function a() { "use workflow" }' });
  const bundle = await rolldown({
    input: app.path('a.ts'),
    plugins: [perdure.rolldown({ root: app.root, guest })],
    onLog() {},
  });
  await expect(bundle.generate()).rejects.toThrow('WORKFLOW_NOT_ASYNC');
  await bundle.close();
});

test('the embedded program runs', async () => {
  const app = temporaryApp(files);
  const program = await app.build('src/flows/greet.ts');
  expect([...load(program).workflows.keys()]).toEqual(['workflow//src/flows/greet//greet']);
});
