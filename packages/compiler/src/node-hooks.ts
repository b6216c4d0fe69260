import { readFileSync, realpathSync } from 'node:fs';
import nodeModule, { type LoadFnOutput, type LoadHookContext, type ResolveFnOutput } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CompileError, hooksMissing } from './diagnostics.ts';
import { type HostResult, transformHost } from './host.ts';
import { isInstalled, isUnder, nearestPackage } from './identity.ts';
import { type RawSourceMap, withInlineMap } from './inline-map.ts';
import { liveProgram } from './live-program.ts';
import { SITE_TEXT } from './parse.ts';
import type { GuestOptions } from './program.ts';
import { registry } from './registry.ts';
import { needsTransform, transformTypes } from './strip-types.ts';

export interface NodeHooksOptions {
  /** Absolute path of the app's root; default: the nearest folder with a package.json, else the working directory. */
  root?: string;
  guest: GuestOptions;
  /** Files for which this is false are left alone. */
  transformFilter?: (file: string) => boolean;
  /** File URLs for specifiers that ordinary resolution does not find, for running a file outside any package. */
  packages?: Record<string, string>;
}

const COMPILED = /\.([cm]?[jt]s|[jt]sx)$/;
const MAY_NEED_TRANSFORM = /\.([cm]?ts|[jt]sx)$/;

/**
 * Compiles directive files as plain Node loads them, and builds the program from the files loaded so far.
 *
 * Errors keep their original file and line. Call it before the app's modules are imported.
 *
 * @throws CompileError with code HOOKS_MISSING on Node before 22.15
 */
export function installNodeHooks(options: NodeHooksOptions): void {
  const root = realpathSync(options.root ?? nearestPackage(process.cwd())?.dir ?? process.cwd());
  if (!nodeModule.registerHooks) throw new CompileError([hooksMissing(process.version)]);
  process.setSourceMapsEnabled(true);
  nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      resolvePackage(specifier, options.packages, () => next(specifier, context)),
    load: (url, context, next) => loadModule(url, { context, next, root, options }),
  });
  registry().program = liveProgram(root, options.guest);
}

function resolvePackage(
  specifier: string,
  packages: Record<string, string> | undefined,
  next: () => ResolveFnOutput,
): ResolveFnOutput {
  const fallback = packages?.[specifier];
  if (!fallback) return next();
  try {
    return next();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    return { url: fallback, shortCircuit: true };
  }
}

interface Loading {
  context: LoadHookContext;
  next: (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput;
  root: string;
  options: NodeHooksOptions;
}

function loadModule(url: string, loading: Loading): LoadFnOutput {
  const file = url.startsWith('file:') ? fileURLToPath(url) : '';
  if (!COMPILED.test(file)) return loading.next(url, loading.context);
  const own = isInstalled(file) ? undefined : loadTransformed(file);
  const loaded = own ?? loading.next(url, loading.context);
  const source = loaded.source && Buffer.from(loaded.source as Uint8Array).toString();
  if (!source) return loaded;
  const host = hostResult(file, source, loading);
  let code = host?.code ?? source;
  let map: RawSourceMap | undefined = host?.map;
  if (own) ({ code, map } = transformTypes({ file, code, map }));
  if (!map) return loaded;
  return { ...loaded, source: withInlineMap(code, { ...map, sources: [url] }) };
}

/** Reads a file that Node itself would refuse: JSX, and TypeScript that stripping is not enough for. */
function loadTransformed(file: string): LoadFnOutput | undefined {
  if (!MAY_NEED_TRANSFORM.test(file)) return undefined;
  const source = readFileSync(file, 'utf8');
  if (!needsTransform(file, source)) return undefined;
  const format = /\.cts$/.test(file) || !/^\s*(import|export)\b/m.test(source) ? 'commonjs' : 'module';
  return { format, source, shortCircuit: true };
}

function hostResult(file: string, source: string, { root, options }: Loading): HostResult | undefined {
  if (!SITE_TEXT.test(source) || isRuntimeFile(file, options.guest)) return undefined;
  if (options.transformFilter?.(file) === false) return undefined;
  return transformHost(source, { file, root, registerFile: true });
}

function isRuntimeFile(file: string, { packages }: GuestOptions): boolean {
  return (packages ?? []).some((dir) => isUnder(file, dir));
}
