/** Where the compiler finds what a program is built on: the sandbox's side of this package. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const { resolve } = createRequire(import.meta.url);

export interface GuestModules {
  /** Absolute path of the module that programs import as `perdure:guest`. */
  readonly entry: string;
  /** Absolute paths by the specifiers that workflow code may import. */
  readonly aliases: Record<string, string>;
  /** Directories of the runtime's own modules, which take no part in the turn budget. */
  readonly packages: string[];
  /** Absolute paths of modules that a context evaluates at their first use. */
  readonly parts: string[];
}

const bySubpath: Readonly<Record<string, string>> = {
  '': '@perdure/core/guest/api',
  '/api': '@perdure/core/guest/driving',
  '/errors': '@perdure/core/errors',
  '/serde': '@perdure/core/serde',
};

/** `perdure` and, for code written against the Workflow SDK, `workflow` mean the same. */
const packageNames = ['perdure', 'workflow'];

export function guestModules(): GuestModules {
  const aliases: Record<string, string> = {};
  for (const name of packageNames) {
    for (const [subpath, target] of Object.entries(bySubpath)) aliases[name + subpath] = resolve(target);
  }
  const entry = resolve('@perdure/core/guest');
  const parts = [resolve('@perdure/core/guest/console'), resolve('@perdure/core/guest/web')];
  return { entry, aliases, packages: [dirname(dirname(entry))], parts };
}

/** Files of this package by specifier, for code that is compiled where the package is not installed. */
export function hostModules(): Record<string, string> {
  const modules: Record<string, string> = {};
  for (const name of packageNames) {
    for (const subpath of ['', '/api', '/errors', '/runtime', '/serde']) {
      modules[name + subpath] = new URL(import.meta.resolve(`perdure${subpath}`)).href;
    }
  }
  return modules;
}
