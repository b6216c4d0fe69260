import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pnpm, run } from './command.ts';

export const repository: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A package as the registry would get it. */
export interface Tarball {
  /** Absolute path of the .tgz file. */
  readonly path: string;
  /** Absolute path of the folder with its content. */
  readonly content: string;
  /** Paths of its files in that folder, sorted. */
  readonly files: readonly string[];
  readonly manifest: Manifest;
}

/** Builds and packs every package that is published, into a folder. */
export async function packAll(directory: string): Promise<Tarball[]> {
  await pnpm(repository, 'build');
  await pnpm(repository, '--recursive', '--filter', './packages/*', 'pack', '--pack-destination', directory);
  const names = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
  return Promise.all(names.map((name) => unpack(directory, name)));
}

async function unpack(directory: string, name: string): Promise<Tarball> {
  const content = join(directory, name.replace(/\.tgz$/, ''));
  mkdirSync(content);
  const path = join(directory, name);
  await run({
    cwd: directory,
    command: 'tar',
    args: ['-xzf', path, '-C', content, '--strip-components=1'],
  });
  const files = readdirSync(content, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(content.length + 1))
    .sort();
  const manifest = JSON.parse(readFileSync(join(content, 'package.json'), 'utf8')) as Manifest;
  return { path, content, files, manifest };
}
