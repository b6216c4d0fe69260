import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pnpm } from './command.ts';
import { repository, type Tarball } from './tarballs.ts';

export interface ProjectOptions {
  readonly directory: string;
  readonly tarballs: readonly Tarball[];
  /** Names in node_modules by the package that is installed under each. */
  readonly packages: Readonly<Record<string, string>>;
  /** Packages of the registry, in the version that this repository uses. */
  readonly tools?: readonly string[];
}

/** Makes a folder outside of the repository and installs packed packages in it, as an app would. */
export async function installProject({
  directory,
  tarballs,
  packages,
  tools = [],
}: ProjectOptions): Promise<void> {
  const locked = lockedVersions();
  const files = new Map(tarballs.map(({ manifest, path }) => [manifest.name, `file:${path}`]));
  const dependencies = Object.entries(packages).map(([alias, name]) => [alias, files.get(name)]);
  const devDependencies = tools.map((name) => [name, locked.byName.get(name)]);
  mkdirSync(directory);
  writeJson(join(directory, 'package.json'), {
    name: 'packed-app',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(dependencies),
    devDependencies: Object.fromEntries(devDependencies),
  });
  // What the packed packages ask each other for is not on the registry. The rest is pinned to what the store has.
  const overrides = Object.fromEntries([...locked.pins, ...files]);
  writeJson(join(directory, 'pnpm-workspace.yaml'), {
    packages: [],
    overrides,
    allowBuilds: { esbuild: true, 'core-js': false },
  });
  await install(directory);
}

/** From the store alone where that has everything, so that no network is needed; else from the registry. */
async function install(directory: string): Promise<void> {
  try {
    await pnpm(directory, 'install', '--offline', '--no-frozen-lockfile');
  } catch {
    await pnpm(directory, 'install', '--no-frozen-lockfile');
  }
}

/** The versions of the repository's lockfile: of each package, and of each major version, the highest. */
function lockedVersions(): { byName: Map<string, string>; pins: Map<string, string> } {
  const lockfile = readFileSync(join(repository, 'pnpm-lock.yaml'), 'utf8');
  const packages = lockfile.slice(lockfile.indexOf('\npackages:'), lockfile.indexOf('\nsnapshots:'));
  const byName = new Map<string, string>();
  const pins = new Map<string, string>();
  for (const [, name, version] of packages.matchAll(/^ {2}'?(@?[^@'\s]+)@(\d[^:'(]*)'?:$/gm)) {
    raise(byName, name!, version!);
    raise(pins, `${name}@${version!.split('.')[0]}`, version!);
  }
  return { byName, pins };
}

function raise(versions: Map<string, string>, key: string, version: string): void {
  const known = versions.get(key);
  if (!known || known.localeCompare(version, 'en', { numeric: true }) < 0) versions.set(key, version);
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

const fixture: string = fileURLToPath(new URL('fixtures/app/', import.meta.url));

/** Copies the example app into a project, importing the runtime under a name. */
export function copyApp(directory: string, name: string): void {
  for (const file of readdirSync(fixture)) {
    const source = readFileSync(join(fixture, file), 'utf8');
    writeFileSync(join(directory, file), source.replaceAll("'perdure", `'${name}`));
  }
}

/** What a project has installed, the tarballs included. */
export function installed(directory: string): { packages: number; megabytes: number } {
  const store = join(directory, 'node_modules/.pnpm');
  const packages = readdirSync(store).filter((name) => /.@/.test(name));
  const sizes = packages.map((name) => sizeOf(join(store, name, 'node_modules')));
  return { packages: packages.length, megabytes: sizes.reduce((sum, size) => sum + size, 0) / 1e6 };
}

/** Bytes of the files below a directory; what links lead to is counted where it is. */
function sizeOf(directory: string): number {
  const sizes = readdirSync(directory, { withFileTypes: true }).map((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sizeOf(path);
    return entry.isFile() ? statSync(path).size : 0;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}
