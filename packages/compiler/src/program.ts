import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { type OutputChunk, type RolldownOptions, rolldown } from 'rolldown';
import { bundleFailures, missingImports, noteUnresolved } from './bundle-failures.ts';
import { CompileError } from './diagnostics.ts';
import { type GuestBundle, type GuestOptions, guestBundle } from './guest-bundle.ts';
import { displayPath, isInstalled } from './identity.ts';
import { type RawSourceMap, withInlineMap } from './inline-map.ts';
import { instrument } from './instrument.ts';
import { buildManifest, type Manifest } from './manifest.ts';
import { ENTRY, fillChains, noteDemand, type ProgramState, programPlugin } from './program-plugin.ts';
import { resolution } from './resolution.ts';

export type { GuestOptions } from './guest-bundle.ts';

export interface ProgramOptions {
  /** Absolute path of the app's root, to which ids and source paths are relative. */
  root: string;
  /** Absolute paths of the files that hold workflows or classes that cross; files with steps only may be among them. */
  entries: string[];
  guest: GuestOptions;
}

/** All workflow code of an app in one script. */
export interface Program {
  /**
   * A strict-mode script without imports. In two comments at its end are the guest runtime, a script that runs
   * before it in the same realm (deflated, in base64), and the source map.
   */
  code: string;
  /** SHA-256, in hex, of the guest runtime and the script: of what runs, however it was packed. */
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
  const runtime = await guestBundle(guest);
  const state = initialState({ root, entries, guest }, runtime);
  const warnings = new Set<string>();
  let chunk = await bundle(state, warnings);
  while (noteDemand(chunk.code, state)) chunk = await bundle(state, warnings);
  const files = [...state.files].sort();
  const manifest = buildManifest(files.flatMap((file) => state.modules.get(file) ?? []));
  const { code, map } = finish(chunk, state);
  const script = withInlineMap(`${code.trimEnd()}\n//# perdureGuest=${runtime.packed}`, map);
  const own = withInlineMap(code, map);
  const hash = createHash('sha256').update(runtime.code).update(own).digest('hex');
  return { code: script, hash, manifest, warnings: [...warnings], files };
}

function initialState({ root, entries, guest }: ProgramOptions, { modules }: GuestBundle): ProgramState {
  return {
    root: realpathSync(root),
    entries: [...new Set(entries.map((file) => realpathSync(file)))].sort(),
    guest,
    guestModules: modules,
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
    resolve: resolution,
    transform: { target: 'es2024' },
    experimental: { attachDebugInfo: 'none' },
    onLog(level, log) {
      if (log.code === 'UNRESOLVED_IMPORT') noteUnresolved(state.unresolved, log);
      if (level === 'warn') warnings.add(log.message);
    },
  };
}

/** Adds the budget, and makes the source map, whose sources are named like files in ids. */
function finish(chunk: OutputChunk, state: ProgramState): { code: string; map: RawSourceMap } {
  // A program of steps alone has nothing to map.
  const map = chunk.map ?? { sources: [], names: [], mappings: '' };
  const files = map.sources.map((source) => resolve(state.root, 'dist', source));
  const script = { code: fillChains(chunk.code, state), mappings: map.mappings };
  const { code, mappings } = instrument(script);
  const finished: RawSourceMap = {
    version: 3,
    sources: files.map((file) => displayPath(file, state.root)),
    sourcesContent: files.map((file, index) =>
      isInstalled(file) ? null : (chunk.map?.sourcesContent?.[index] ?? null),
    ),
    names: map.names,
    mappings,
  };
  return { code, map: finished };
}
