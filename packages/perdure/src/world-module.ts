/** Modules that make worlds, by package name or path: as this package sees them, else as the app does. */
import * as nodeModule from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { World } from '@perdure/world';
import { worldBroken, worldMissing, worldUnknown } from './messages.ts';

/**
 * What a world is opened for. `drive`: all of its work, and a store that is to be brought up to date is; `look`: whatever
 * changes nothing of the store by opening it; `migrate`: not opened at all.
 */
export type WorldPurpose = 'drive' | 'look' | 'migrate';

interface WorldModule {
  readonly createWorld: (options: { readonly purpose: WorldPurpose }) => World | Promise<World>;
}

const packages: Readonly<Record<string, string>> = { postgres: '@perdure/world-postgres' };
const missing: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

/** Paths are the app's, which is where this process runs. Throws WORLD_UNKNOWN. */
export async function importWorld(name: string): Promise<WorldModule> {
  const app = process.cwd();
  const specifier = packages[name] ?? (isPath(name) ? pathToFileURL(resolve(app, name)).href : name);
  const found = await load(specifier, app).catch((cause: unknown) => {
    throw isMissing(cause, specifier)
      ? worldMissing({ name, specifier, app, cause })
      : worldBroken(name, specifier, cause);
  });
  const { createWorld } = found as Partial<WorldModule>;
  if (typeof createWorld !== 'function') throw worldUnknown(name, `${specifier} exports no createWorld()`);
  return { createWorld };
}

function isPath(name: string): boolean {
  return /^\.{1,2}(?:[\\/]|$)/.test(name) || isAbsolute(name);
}

async function load(specifier: string, app: string): Promise<object> {
  try {
    return await importNative(specifier);
  } catch (error) {
    if (!isMissing(error, specifier) || specifier.startsWith('file:')) throw error;
    return fromApp(specifier, app, error);
  }
}

/** Resolved by Node's own rules, as an import in a file of the app is. */
async function fromApp(specifier: string, app: string, notHere: unknown): Promise<object> {
  const { registerHooks } = nodeModule as Partial<typeof nodeModule>;
  if (!registerHooks) throw notHere;
  const parentURL = pathToFileURL(join(app, 'package.json')).href;
  const asked = `perdure-world:${specifier}`;
  const hooks = registerHooks({
    resolve: (wanted, context, next) =>
      wanted === asked ? next(specifier, { ...context, parentURL }) : next(wanted, context),
  });
  try {
    return await importNative(asked);
  } finally {
    hooks.deregister();
  }
}

/** Not for bundlers: which module it is, is known when the app runs. */
function importNative(specifier: string): Promise<object> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ specifier) as Promise<object>;
}

/** Whether this module itself is not there, not one that it imports. */
function isMissing(error: unknown, specifier: string): boolean {
  const { code, message, url } = (error ?? {}) as { code?: unknown; message?: unknown; url?: unknown };
  if (!missing.includes(code)) return false;
  if (specifier.startsWith('file:')) return url === specifier || String(message).includes(`'${specifier}'`);
  const packageName = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return String(message).includes(`'${packageName}'`) || String(message).includes(`${specifier}'`);
}
