import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type OutputChunk, type RolldownOptions, rolldown } from 'rolldown';
import { bundleFailures, missingImports, noteUnresolved } from './bundle-failures.ts';
import { CompileError, programFailed } from './diagnostics.ts';
import { displayPath, isInstalled, nearestPackage } from './identity.ts';
import { withInlineMap } from './inline-map.ts';
import { instrument } from './instrument.ts';
import { buildManifest, type Manifest } from './manifest.ts';
import {
  ENTRY,
  fillChains,
  type GuestOptions,
  isRuntime,
  noteDemand,
  type ProgramState,
  programPlugin,
} from './program-plugin.ts';

export type { GuestOptions } from './program-plugin.ts';

export interface ProgramOptions {
  /** Absolute path of the app's root, to which ids and source paths are relative. */
  root: string;
  /** Absolute paths of the files that hold workflows or classes that cross; files with steps only may be among them. */
  entries: string[];
  guest: GuestOptions;
}

/** All workflow code of an app in one script. */
export interface Program {
  /** A strict-mode script without imports, its source map inline. */
  code: string;
  /** SHA-256 of `code`, in hex. */
  hash: string;
  manifest: Manifest;
  warnings: string[];
  /** Absolute paths of all source files in the program, sorted. */
  files: string[];
}

/**
 * Builds the program of an app: workflows with steps as proxies, tree-shaken, deterministic.
 *
 * The same source gives the same hash, whatever the order of entries and wherever the root is.
 *
 * @throws CompileError with the diagnostics of every file that cannot be compiled
 */
export async function buildProgram({ root, entries, guest }: ProgramOptions): Promise<Program> {
  const state = initialState({ root, entries, guest });
  const warnings = new Set<string>();
  let chunk = await bundle(state, warnings);
  while (noteDemand(chunk.code, state)) chunk = await bundle(state, warnings);
  const files = [...state.files].sort();
  const manifest = buildManifest(files.flatMap((file) => state.modules.get(file) ?? []));
  const code = finish(chunk, state);
  const hash = createHash('sha256').update(code).digest('hex');
  return { code, hash, manifest, warnings: [...warnings], files };
}

function initialState({ root, entries, guest }: ProgramOptions): ProgramState {
  const home = nearestPackage(dirname(guest.entry))?.dir ?? dirname(guest.entry);
  return {
    root: realpathSync(root),
    entries: [...new Set(entries.map((file) => realpathSync(file)))].sort(),
    guest,
    runtime: [home, ...(guest.packages ?? [])].map((dir) => realpathSync(dir)),
    demand: new Map(),
    modules: new Map(),
    workflows: new Map(),
    failures: new Map(),
    unresolved: new Map(),
    chains: new Map(),
    files: new Set(),
  };
}

async function bundle(state: ProgramState, warnings: Set<string>): Promise<OutputChunk> {
  state.files.clear();
  warnings.clear();
  try {
    const build = await rolldown(inputOptions(state, warnings));
    try {
      const { output } = await build.generate({
        format: 'iife',
        strict: true,
        sourcemap: 'hidden',
        codeSplitting: false,
        minify: false,
        comments: false,
        exports: 'none',
      });
      throwFailures(state);
      const missing = missingImports(output[0].imports, state.unresolved);
      if (missing.length > 0) throw new CompileError(missing);
      return output[0];
    } finally {
      await build.close();
    }
  } catch (error) {
    throwFailures(state);
    throw error instanceof CompileError ? error : new CompileError(bundleFailures(error));
  }
}

function throwFailures({ failures }: ProgramState): void {
  const sorted = [...failures].sort(([left], [right]) => (left < right ? -1 : 1));
  if (sorted.length > 0) throw new CompileError(sorted.flatMap(([, error]) => error.diagnostics));
}

function inputOptions(state: ProgramState, warnings: Set<string>): RolldownOptions {
  return {
    cwd: state.root,
    input: ENTRY,
    platform: 'neutral',
    plugins: [programPlugin(state)],
    resolve: {
      conditionNames: ['workflow', 'import', 'module', 'default'],
      mainFields: ['module', 'main'],
      extensions: ['.ts', '.tsx', '.mts', '.mjs', '.js', '.jsx', '.cts', '.cjs', '.json'],
      extensionAlias: {
        '.js': ['.ts', '.tsx', '.js'],
        '.mjs': ['.mts', '.mjs'],
        '.cjs': ['.cts', '.cjs'],
      },
    },
    transform: { target: 'es2024' },
    experimental: { attachDebugInfo: 'none' },
    onLog(level, log) {
      if (log.code === 'UNRESOLVED_IMPORT') noteUnresolved(state.unresolved, log);
      if (level === 'warn') warnings.add(log.message);
    },
  };
}

/** Adds the budget and the inline source map, whose sources are named like files in ids. */
function finish(chunk: OutputChunk, state: ProgramState): string {
  const { map } = chunk;
  if (!map) throw new CompileError([programFailed('no source map')]);
  const files = map.sources.map((source) => resolve(state.root, 'dist', source));
  const runtime = files.map((file) => isRuntime(file, state));
  const script = { code: fillChains(chunk.code, state), mappings: map.mappings };
  const { code, mappings } = instrument(script, (source) => runtime[source] ?? false);
  return withInlineMap(code, {
    version: 3,
    sources: files.map((file) => displayPath(file, state.root)),
    sourcesContent: files.map((file, index) =>
      runtime[index] || isInstalled(file) ? null : (map.sourcesContent?.[index] ?? null),
    ),
    names: map.names,
    mappings,
  });
}
