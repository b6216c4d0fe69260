/** An error that crosses from a helper of a step through the workflow to the caller shows the user's files and lines. */
import { realpathSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { lastLine, makeApp, runsWorkflow } from './app.ts';

const app = {
  'src/main.ts': runsWorkflow('flow.ts'),
  'src/flow.ts': `import { charge } from './steps.ts';

interface Order { id: string }

async function pay(order: Order): Promise<string> {
  return await charge(order.id);
}

export async function main() {
  'use workflow';
  const refused = await pay({ id: 'o-1' }).catch((error: Error) => error);
  throw new Error('not paid', { cause: refused });
}`,
  'src/steps.ts': `type Reason = string;

function refuse(reason: Reason): never {
  throw new TypeError(reason);
}

export async function charge(order: string): Promise<string> {
  'use step';
  return refuse('no money for ' + order);
}
charge.maxRetries = 0;`,
};

const external = '[/^perdure/]';
const strip = fileURLToPath(new URL('../../compiler/test/fixtures/strip-loader.cjs', import.meta.url));
const webpackLike = `context: import.meta.dirname, mode: 'production', target: 'node22', devtool: 'source-map', externals: [/^perdure/], externalsType: 'module',
  entry: './src/main.ts', output: { path: import.meta.dirname + '/dist', filename: 'main.mjs', module: true }, optimization: { minimize: false },`;
const finish = `.run((error, stats) => { if (error || stats?.hasErrors()) throw error ?? new Error(String(stats)); });`;

/** How each bundler builds the app with a source map, as a script that stands in the app. */
const builds: [name: string, packages: string[], script: string][] = [
  ['plain Node', [], ''],
  [
    'Rolldown',
    ['rolldown'],
    `import perdure from 'perdure/rolldown'; import { build } from 'rolldown';
await build({ input: 'src/main.ts', platform: 'node', external: ${external}, plugins: [perdure()], output: { dir: 'dist', entryFileNames: 'main.mjs', sourcemap: true } });`,
  ],
  [
    'Vite',
    ['vite'],
    `import perdure from 'perdure/vite'; import { build } from 'vite';
await build({ configFile: false, logLevel: 'silent', plugins: [perdure()], build: { ssr: 'src/main.ts', outDir: 'dist', sourcemap: true, rolldownOptions: { output: { entryFileNames: 'main.mjs' } } } });`,
  ],
  [
    'esbuild',
    ['esbuild'],
    `import perdure from 'perdure/esbuild'; import { build } from 'esbuild';
await build({ entryPoints: ['src/main.ts'], bundle: true, format: 'esm', platform: 'node', external: ['perdure'], sourcemap: true, outfile: 'dist/main.mjs', plugins: [perdure()] });`,
  ],
  [
    'webpack',
    ['webpack'],
    `import perdure from 'perdure/webpack'; import webpack from 'webpack';
webpack({ ${webpackLike} experiments: { outputModule: true }, plugins: [perdure()], module: { rules: [{ test: /\\.ts$/, loader: ${JSON.stringify(strip)} }] } })!${finish}`,
  ],
  [
    'Rspack',
    ['@rspack/core'],
    `import perdure from 'perdure/rspack'; import { rspack } from '@rspack/core';
rspack({ ${webpackLike} plugins: [perdure()], module: { rules: [{ test: /\\.ts$/, loader: ${JSON.stringify(strip)} }] } })${finish}`,
  ],
];

it.each(builds)('under %s', async (_, packages, script) => {
  const made = makeApp({ ...app, 'build.ts': script, 'node_modules/@rspack/.keep': '' });
  for (const name of packages) {
    const from = fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));
    symlinkSync(realpathSync(from), made.path(`node_modules/${name}`));
  }
  if (script) expect(await made.node('build.ts')).toMatchObject({ failed: false });
  const { stdout } = await made.node(
    ...(script ? ['--enable-source-maps', 'dist/main.mjs'] : ['--import', 'perdure/register', 'src/main.ts']),
  );
  const { message, stack, causeStack, rootStack } = lastLine(stdout) as Record<string, string>;
  expect(message).toBe('not paid');
  expect(placesIn(stack)).toEqual(['src/flow.ts:12']);
  expect(causeStack).toMatch(/^FatalError: Step "step\/\/src\/steps\/\/charge" failed after 1 attempt/);
  expect(placesIn(causeStack)).toEqual(placesIn(rootStack));
  expect(rootStack).toContain('TypeError: no money for o-1');
  expect(placesIn(rootStack).slice(0, 2)).toEqual(['src/steps.ts:4', 'src/steps.ts:9']);
});

/** The user's places in a stack, in order. */
function placesIn(stack = ''): string[] {
  return [...stack.matchAll(/(src\/\w+\.ts:\d+):\d+/g)].map(([, place]) => place!);
}
