/** What users install: every package is built, packed, and installed from its tarball into projects elsewhere. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { node, npx } from './command.ts';
import { copyApp, installed, installProject } from './project.ts';
import { packAll, repository, type Tarball } from './tarballs.ts';

const setupMs = 120_000;

/** Budgets of what `npm install perdure` brings. */
const installedPackagesMax = 40;
const installedMegabytesMax = 60;

const root = mkdtempSync(join(tmpdir(), 'perdure-packed-'));
/** An app and its bundlers; one that installed the package as `workflow`; one that has every package by name. */
const app = join(root, 'app');
const aliased = join(root, 'aliased');
const library = join(root, 'library');
let tarballs: Tarball[];

beforeAll(async () => {
  mkdirSync(join(root, 'tarballs'));
  tarballs = await packAll(join(root, 'tarballs'));
  const names = tarballs.map(({ manifest }) => manifest.name);
  const bundlers = [
    '@types/node',
    '@farmfe/core',
    '@rspack/core',
    'esbuild',
    'rolldown',
    'rollup',
    'vite',
    'webpack',
  ];
  await installProject({ directory: app, tarballs, packages: { perdure: 'perdure' }, tools: bundlers });
  await installProject({
    directory: aliased,
    tarballs,
    packages: { workflow: 'perdure' },
  });
  const packages = Object.fromEntries(names.map((name) => [name, name]));
  await installProject({ directory: library, tarballs, packages, tools: bundlers });
  copyApp(app, 'perdure');
  copyApp(aliased, 'workflow');
}, setupMs);

afterAll(() => rmSync(root, { recursive: true, force: true }));

const resolutions = ['nodenext', 'bundler'];
const compiler = join(repository, 'node_modules/typescript/bin/tsc');

/** Of the example app: its workflows and a callback count, the runtime and the libraries it brings do not. */
const budgetOfApp = ['__perdure_tick(20)', '__perdure_tick(1)', '__perdure_tick(20)'];

const outcome = {
  doubled: 42,
  digest: '6f4b6612',
  refusal: 'refused',
  greeting: 'hello packed',
  runId: expect.stringMatching(/^wrun_/),
};

describe('a tarball', () => {
  it('holds the build, the README, the license and the manifest, and nothing else', () => {
    for (const { files, manifest } of tarballs) {
      const others = files.filter((file) => !/^dist\/[\w/-]+\.(d\.mts|mjs)$/.test(file));
      expect(others, manifest.name).toEqual(['LICENSE', 'README.md', 'package.json']);
    }
  });

  it('has every file that its manifest names', () => {
    for (const { files, manifest } of tarballs) {
      const targets = Object.values(manifest.exports).flatMap((target) =>
        typeof target === 'string' ? target : Object.values(target),
      );
      const named = [...targets, ...Object.values(manifest.bin ?? {})].map((path) => path.replace('./', ''));
      expect(
        named.filter((path) => !files.includes(path)),
        manifest.name,
      ).toEqual([]);
    }
  });

  it('asks for real versions and runs nothing when installed', () => {
    for (const { manifest } of tarballs) {
      const ranges = Object.values(manifest.dependencies ?? {});
      expect(
        ranges.filter((range) => !/^\^?\d/.test(range)),
        manifest.name,
      ).toEqual([]);
      const hooks = Object.keys(manifest.scripts ?? {}).filter((name) => /install|prepare/.test(name));
      expect(hooks, manifest.name).toEqual([]);
    }
  });

  it('tells nothing of the machine that built it', () => {
    const places = [repository, `${homedir()}/`, tmpdir()];
    for (const { content, files, manifest } of tarballs) {
      const telling = files.filter((file) => {
        const text = readFileSync(join(content, file), 'utf8');
        return places.some((place) => text.includes(place));
      });
      expect(telling, manifest.name).toEqual([]);
    }
  });

  it('of the command line starts with its interpreter', () => {
    const { content, manifest } = tarballs.find((tarball) => tarball.manifest.bin)!;
    const bin = join(content, manifest.bin!.perdure!);
    expect(readFileSync(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(bin).mode & 0o111).toBe(0o111);
  });
});

describe('an installed package', () => {
  it('brings few packages and little data', () => {
    const { packages, megabytes } = installed(aliased);
    expect(packages).toBeGreaterThan(tarballs.length);
    expect(packages).toBeLessThanOrEqual(installedPackagesMax);
    expect(megabytes).toBeLessThanOrEqual(installedMegabytesMax);
  });

  it('runs workflows with node --import', async () => {
    expect(JSON.parse(await node(app, '--import', 'perdure/register', 'app.ts'))).toEqual(outcome);
    expect(existsSync(join(app, '.workflow-data'))).toBe(true);
  });

  it('runs workflows under the name of workflow', async () => {
    expect(JSON.parse(await node(aliased, '--import', 'workflow/register', 'app.ts'))).toEqual(outcome);
  });

  it.each([
    ['perdure', app],
    ['workflow', aliased],
  ])('runs workflows by its command, as %s', async (_, directory) => {
    const line = await npx(directory, 'perdure', 'run', 'flow.ts#main', '--args', '[1]', '--json');
    expect(JSON.parse(line)).toEqual({
      runId: expect.stringMatching(/^wrun_/),
      status: 'completed',
      returnValue: { ...outcome, doubled: 2, digest: '6b86b273' },
    });
  });
});

describe('a bundle', () => {
  it('of Vite runs on plain Node', async () => {
    await npx(app, 'vite', 'build');
    expect(JSON.parse(await node(app, 'out-vite/app.js'))).toEqual(outcome);
  });

  it('of Rolldown runs where nothing is installed', async () => {
    await npx(app, 'rolldown', '-c', 'rolldown.config.ts', '--dir', join(root, 'deployed'));
    expect(JSON.parse(await node(root, 'deployed/app.mjs'))).toEqual(outcome);
    expect(ticksIn(join(root, 'deployed'))).toEqual(budgetOfApp);
  });

  it.each([
    { name: 'esbuild', script: 'esbuild.build.ts' },
    { name: 'webpack', script: 'webpack.build.ts' },
    { name: 'Rspack', script: 'rspack.build.ts' },
  ])('of $name, minified, runs where nothing is installed', async ({ name, script }) => {
    const deployed = join(root, `deployed-${name}`);
    await node(app, script, deployed);
    expect(JSON.parse(await node(root, join(deployed, 'app.mjs')))).toEqual(outcome);
    expect(ticksIn(deployed)).toEqual(budgetOfApp);
  });

  it('of Farm, minified, runs beside the package', async () => {
    await node(app, 'farm.build.ts');
    expect(JSON.parse(await node(app, 'out-farm/app.js'))).toEqual(outcome);
  });

  it('is not needed in the dev server of Vite', async () => {
    expect(JSON.parse(await node(app, 'dev.ts'))).toEqual(outcome);
  });
});

describe('the types', () => {
  it.each(resolutions)('of an app are found with module resolution %s', async (resolution) => {
    expect(await typeErrors({ directory: app, file: 'app.ts', resolution })).toEqual([]);
    expect(await typeErrors({ directory: aliased, file: 'app.ts', resolution })).toEqual([]);
  });

  it.each(resolutions)('of every subpath are found with module resolution %s', async (resolution) => {
    const imports = specifiers().map((specifier, index) => `import type * as m${index} from '${specifier}';`);
    const uses = imports.map((_, index) => `export type M${index} = keyof typeof m${index};`);
    writeFileSync(join(library, 'subpaths.ts'), [...imports, ...uses].join('\n'));
    expect(await typeErrors({ directory: library, file: 'subpaths.ts', resolution })).toEqual([]);
  });
});

it('every subpath loads', async () => {
  // The guest's modules are for the sandbox: they change the realm that loads them.
  const loaded = specifiers().filter((specifier) => !specifier.includes('/guest'));
  const script = `await Promise.all(${JSON.stringify(loaded)}.map((specifier) => import(specifier)));`;
  expect(await node(library, '--input-type=module', '--eval', script)).toBe('');
});

/** Everything that can be imported from the packages. */
function specifiers(): string[] {
  const all = tarballs.flatMap(({ manifest }) =>
    Object.keys(manifest.exports).map((subpath) => manifest.name + subpath.slice(1)),
  );
  return all.filter((specifier) => !specifier.endsWith('.json'));
}

interface TypeCheck {
  readonly directory: string;
  readonly file: string;
  readonly resolution: string;
}

/**
 * What TypeScript finds wrong with a file and with the declarations of our packages.
 *
 * Those are checked too, as what they miss would silently be `any`; what libraries have wrong with theirs is left out.
 */
async function typeErrors({ directory, file, resolution }: TypeCheck): Promise<string[]> {
  const module = resolution === 'nodenext' ? 'nodenext' : 'esnext';
  const modules = ['--module', module, '--moduleResolution', resolution, '--allowImportingTsExtensions'];
  const checks = ['--target', 'es2024', '--strict', '--noEmit', '--skipLibCheck', 'false'];
  const types = ['--types', 'node', '--typeRoots', join(app, 'node_modules/@types')];
  try {
    await node(directory, compiler, ...modules, ...checks, ...types, file);
    return [];
  } catch (error) {
    const lines = (error as Error).message.split('\n').filter((line) => /error TS\d+/.test(line));
    expect(lines).not.toEqual([]);
    return lines.filter((line) => !/^node_modules\/\.pnpm\/(?!@?perdure)/.test(line));
  }
}

/** The budget's counts in the program of a bundle, in order. */
function ticksIn(directory: string): string[] {
  const chunks = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
  return chunks.flatMap((chunk) => chunk.match(/__perdure_tick\(\d+\)/g) ?? []);
}
