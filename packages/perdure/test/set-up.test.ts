/** The set-up that the documentation shows for each bundler builds an app that runs. */
import { readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { lastLine, makeApp, runsWorkflow } from './app.ts';

const page = readFileSync(new URL('../../../docs/compiler.md', import.meta.url), 'utf8');
const shown = new Map(
  [...page.matchAll(/```ts\n\/\/ ((\w+)\.(?:config|build)\.ts)\n([\s\S]*?)```/g)].map(
    ([, file, bundler, code]) => [bundler!, { file: file!, code: code! }] as const,
  ),
);

/** How a bundler is started with its configuration: by its command, or by a script that does what its command does. */
const started: Record<string, { packages: string[]; args: string[]; script?: string }> = {
  vite: { packages: ['vite'], args: ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error'] },
  rolldown: {
    packages: ['rolldown'],
    args: ['node_modules/rolldown/bin/cli.mjs', '-c', 'rolldown.config.ts'],
  },
  rollup: {
    packages: ['rollup'],
    args: ['node_modules/rollup/dist/bin/rollup', '-c', 'rollup.config.ts', '--silent'],
  },
  esbuild: { packages: ['esbuild'], args: ['esbuild.build.ts'] },
  webpack: { packages: ['webpack'], args: ['start.ts'], script: compiles('webpack', 'webpack', 'webpack') },
  rspack: {
    packages: ['@rspack/core'],
    args: ['start.ts'],
    script: compiles('@rspack/core', '{ rspack }', 'rspack'),
  },
  farm: {
    packages: ['@farmfe/core'],
    args: ['start.ts'],
    script: `import { build } from '@farmfe/core'; import config from './farm.config.ts';
await build({ ...config, configFile: false, logLevel: 'error', root: import.meta.dirname });`,
  },
};

function compiles(from: string, imported: string, name: string): string {
  return `import ${imported} from '${from}'; import config from './${name}.config.ts';
${name}(config as never).run((error, stats) => { if (error || stats?.hasErrors()) throw error ?? new Error(String(stats)); });`;
}

it('is shown for every plugin', () => {
  expect([...shown.keys()].sort()).toEqual(Object.keys(started).sort());
});

const flow = `async function add(a: number, b: number): Promise<number> { 'use step'; return a + b; }
export async function main(): Promise<number> { 'use workflow'; return await add(1, 2); }`;

const ownWorld = `import { createWorld as make } from 'perdure/runtime';
export const createWorld = () => { console.log('its own world'); return make('memory'); };`;

it.each(Object.entries(started))('of %s', async (bundler, { packages, args, script }) => {
  const { file, code } = shown.get(bundler)!;
  const made = makeApp({
    [file]: code,
    'start.ts': script ?? '',
    'node_modules/@rspack/.keep': '',
    'node_modules/@farmfe/.keep': '',
    'src/main.ts': runsWorkflow('flow.ts'),
    'src/flow.ts': flow,
    'src/main.js': runsWorkflow('flow.js').replaceAll(': any', ''),
    'src/flow.js': flow.replaceAll(/: (number|Promise<number>)/g, ''),
    'on-own-world.js': `process.env.WORKFLOW_TARGET_WORLD = process.argv[2]; await import('./dist/main.js');`,
    'node_modules/own-world/package.json':
      '{ "name": "own-world", "type": "module", "exports": { "import": "./index.js" } }',
    'node_modules/own-world/index.js': ownWorld,
  });
  for (const name of packages) {
    const from = fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));
    symlinkSync(realpathSync(from), made.path(`node_modules/${name}`));
  }
  const built = await made.node(...args);
  expect(built, built.stderr + built.stdout).toMatchObject({ failed: false });
  const { stdout, stderr } = await made.node('dist/main.js');
  expect(stderr).toBe('');
  expect(lastLine(stdout)).toEqual({ result: 3 });
  // Which world it is, is known when the app runs, not when it is built.
  for (const world of ['own-world', './node_modules/own-world/index.js']) {
    const other = await made.node('on-own-world.js', world);
    expect(other.stdout.split('\n'), other.stderr).toContain('its own world');
    expect(lastLine(other.stdout)).toEqual({ result: 3 });
  }
});
