import { readdirSync } from 'node:fs';
import { rspack } from '@rspack/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import webpack from 'webpack';
import { type Bundler, type Bundling, bundlers, rspackOptions, statsOf, webpackOptions } from './bundlers.ts';
import { everySite, everySiteOutcome } from './every-site.ts';
import { runHooked, runNode } from './run-node.ts';
import { type TemporaryApp, temporaryApp } from './temporary-app.ts';

const { result, workflows, steps, classes } = everySiteOutcome;
const files = Object.keys(everySite).filter((file) => /\.m?[jt]s$/.test(file) && file !== 'src/main.ts');

/** The hash holds everywhere: a program is built from the sources, never from what a bundler made of them. */
async function outcome(app: TemporaryApp): Promise<object> {
  const { hash } = await app.build(...files);
  return { result, host: { workflows, steps, classes }, program: { workflows, steps, classes }, hash };
}

test('plain Node has every site under its id, and runs a workflow', async () => {
  const app = temporaryApp(everySite);
  expect(await runHooked(app, 'src/main.ts')).toEqual(await outcome(app));
});

describe.each(bundlers)('a bundle of $name', ({ bundle, mapsMinified }: Bundler) => {
  test.each([{ minify: false }, { minify: true }])(
    'has every site under the same id, the same program, and runs a workflow: %o',
    async ({ minify }) => {
      const app = temporaryApp(everySite);
      const main = await bundle({ app, entry: 'src/main.ts', minify });
      app.write('src/main.ts', 'throw new Error("the bundle runs without the sources")');
      expect(await runNode(app, main)).toEqual(await outcome(app));
    },
  );

  test.each([{ minify: false }, ...(mapsMinified ? [{ minify: true }] : [])])(
    'shows the original file and line in errors of steps: %o',
    async ({ minify }) => {
      const app = temporaryApp(throwing);
      const main = await bundle({ app, entry: 'main.ts', minify });
      expect(await runNode(app, main, ['--enable-source-maps'])).toEqual(['steps.ts:13', 'steps.ts:8']);
    },
  );

  test('fails with the diagnostic of a mistake', async () => {
    const app = temporaryApp({ 'a.ts': 'export function a() { "use workflow" }' });
    await expect(bundle({ app, entry: 'a.ts', minify: false })).rejects.toThrow('WORKFLOW_NOT_ASYNC');
  });

  test('fails when two things have one id, and names both places', async () => {
    const step = 'export async function s() { "use step" }';
    const flow = 'export async function w() { "use workflow" }';
    const app = temporaryApp({
      'a.js': step,
      'a.mjs': step,
      'main.js': `import './a.js'; import './a.mjs'; ${flow}`,
    });
    const failed = bundle({ app, entry: 'main.js', minify: false });
    const message = await failed.then(String, (error: Error) => error.message);
    expect(message).toContain('DUPLICATE_ID');
    expect(message).toContain(app.path('a.js:1:8'));
    expect(message).toMatch(/a\.mjs:1:[78]/);
  });

  test('fails when its program cannot be built', async () => {
    const app = temporaryApp({
      'a.ts': 'import { cpus } from "node:os"; export async function a() { "use workflow"; return cpus(); }',
    });
    await expect(bundle({ app, entry: 'a.ts', minify: false })).rejects.toThrow('BUILTIN_IN_WORKFLOW');
  });
});

const following: Record<string, string> = {
  'main.ts': `import { flow } from './flow.ts';
console.log(JSON.stringify(await (globalThis as any)[Symbol.for('perdure.registry')].program().then((program: any) => [program.hash, typeof flow])));`,
  'flow.ts': `import { answer } from './answer.ts'; export async function flow() { 'use workflow'; return answer; }`,
  'answer.ts': 'export const answer = 1;',
};

describe.each([
  { name: 'webpack', compilerOf: (app: TemporaryApp) => webpack(webpackOptions(inMain(app)))! },
  { name: 'Rspack', compilerOf: (app: TemporaryApp) => rspack(rspackOptions(inMain(app))) },
])('$name', ({ compilerOf }) => {
  test('puts a new program into a module that comes from its cache', async () => {
    const app = temporaryApp(following);
    const compiler = compilerOf(app);
    onTestFinished(() =>
      statsOf((done) => compiler.close((error) => done(error ?? null, none))).then(() => {}),
    );
    for (const answer of ['1', '2', '333']) {
      app.write('answer.ts', `export const answer = ${answer};`);
      await statsOf((done) => compiler.run(done));
      const { hash } = await app.build('flow.ts');
      expect(await runNode(app, 'dist/main.mjs')).toEqual([hash, 'function']);
    }
  });
});

/** A build in a compiler of its own, which finds what earlier ones left on disk. */
const cached: [name: string, build: (app: TemporaryApp) => Promise<void>][] = [
  [
    'webpack',
    async (app) => {
      const cache = { type: 'filesystem', cacheDirectory: app.path('cache') } as const;
      const compiler = webpack({ ...webpackOptions(inMain(app)), cache })!;
      await statsOf((done) => compiler.run(done));
      await statsOf((done) => compiler.close((error) => done(error ?? null, none)));
    },
  ],
  [
    'Rspack',
    async (app) => {
      const storage = { type: 'filesystem', directory: app.path('cache') } as const;
      const compiler = rspack({ ...rspackOptions(inMain(app)), cache: { type: 'persistent', storage } });
      await statsOf((done) => compiler.run(done));
      await statsOf((done) => compiler.close((error) => done(error ?? null, none)));
    },
  ],
];

test.each(cached)('%s puts a new program beside modules that come from disk', async (_, build) => {
  const app = temporaryApp(following);
  for (const answer of ['1', '2', '333']) {
    app.write('answer.ts', `export const answer = ${answer};`);
    await build(app);
    expect(readdirSync(app.path('cache'))).not.toEqual([]);
    const { hash } = await app.build('flow.ts');
    expect(await runNode(app, 'dist/main.mjs')).toEqual([hash, 'function']);
  }
});

const none = { hasErrors: () => false, toString: () => '' };

function inMain(app: TemporaryApp): Bundling {
  return { app, entry: 'main.ts', minify: false };
}

const throwing: Record<string, string> = {
  'main.ts': `import './steps.ts';
const { steps } = (globalThis as any)[Symbol.for('perdure.registry')];
const places: string[] = [];
for (const step of steps.values()) {
  await (step.fn ?? step.bind({})) ().catch((error: Error) => places.push(/([\\w-]+\\.m?[jt]s:\\d+):/.exec(error.stack!.split('\\n')[1]!)?.[1] ?? 'nowhere'));
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
};
