import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const EXTENSION = /\.[cm]?[jt]sx?$/;
const packageNames = new Map<string, { name: string; dir: string } | undefined>();

/**
 * The path that stands for a file in ids: no extension, no version, nothing of the machine.
 *
 * Inside the app it is relative to the app's root; elsewhere it is the package's name and the path in that
 * package, so that a linked workspace package and an installed one have the same ids.
 */
export function identityPath(file: string, root: string): string {
  return displayPath(file, root).replace(EXTENSION, '');
}

/** Like `identityPath`, with the extension: what source maps and import chains show. */
export function displayPath(file: string, root: string): string {
  const inside = posix(relative(root, file));
  if (!leavesRoot(inside) && !isInstalled(inside)) return inside;
  const owner = nearestPackage(dirname(file));
  if (!owner) return leavesRoot(inside) ? (file.split(/[\\/]/).pop() ?? file) : inside;
  return `${owner.name}/${posix(relative(owner.dir, file))}`;
}

/** True for a path that lies in a node_modules folder. */
export function isInstalled(path: string): boolean {
  return /(^|[\\/])node_modules[\\/]/.test(path);
}

/** True for a file that is `dir` or below it. */
export function isUnder(file: string, dir: string): boolean {
  return file === dir || file.startsWith(dir.endsWith(sep) ? dir : dir + sep);
}

/** The nearest folder upwards that holds a package.json with a name. */
export function nearestPackage(dir: string): { name: string; dir: string } | undefined {
  const known = packageNames.get(dir);
  if (known) return known;
  const name = packageName(join(dir, 'package.json'));
  const parent = dirname(dir);
  const found = name ? { name, dir } : parent === dir ? undefined : nearestPackage(parent);
  packageNames.set(dir, found);
  return found;
}

function packageName(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { name?: string }).name;
  } catch {
    return undefined;
  }
}

function leavesRoot(path: string): boolean {
  return path.startsWith('../') || path === '..' || /^([a-zA-Z]:)?\//.test(path);
}

function posix(path: string): string {
  return path.split(sep).join('/');
}
