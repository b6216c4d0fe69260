import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CompileError, type Diagnostic, skipReasons } from './diagnostics.ts';
import { displayPath } from './identity.ts';
import { collectManifest, type ManifestEntry } from './manifest.ts';
import { parseSource, SITE_TEXT } from './parse.ts';
import { findSites, type ModuleSites } from './sites.ts';

/** What an app holds, as `perdure check` reports it. */
export interface Discovery {
  workflows: ManifestEntry[];
  steps: ManifestEntry[];
  classes: ManifestEntry[];
  /** Absolute paths of the files with workflows, steps or classes that cross, sorted. */
  files: string[];
  /** Files that mention a directive and have none, relative to the root. */
  skipped: { file: string; reason: string }[];
  /** Everything that a build would reject. */
  diagnostics: Diagnostic[];
}

/** Wider than the scan of the transforms, so that misspelled directives are found as well. */
const CANDIDATE = /["']use [a-z]/i;
const MENTION = /use (workflow|step)/;
const SOURCE = /(?<!\.d)\.[cm]?[jt]sx?$/;
const IGNORED = new Set(['node_modules', 'dist', 'build', 'out', 'coverage']);
const FILE_BYTES_MAX = 2_000_000;

/**
 * Lists every workflow, step and class that crosses below a folder, and says of other files that mention a directive why they
 * have none.
 *
 * Reads sources only: installed packages, output folders and folders whose name begins with a dot are left out.
 */
export function discover({ root }: { root: string }): Discovery {
  const base = realpathSync(root);
  const modules = new Map<string, ModuleSites>();
  const discovery: Discovery = {
    workflows: [],
    steps: [],
    classes: [],
    files: [],
    skipped: [],
    diagnostics: [],
  };
  for (const file of sourceFiles(base)) {
    const bytes = statSync(file).size;
    if (bytes > FILE_BYTES_MAX) {
      const reason = skipReasons.tooLarge(bytes, FILE_BYTES_MAX);
      discovery.skipped.push({ file: displayPath(file, base), reason });
      continue;
    }
    const source = readFileSync(file, 'utf8');
    if (!CANDIDATE.test(source) && !MENTION.test(source) && !SITE_TEXT.test(source)) continue;
    const module = examine(source, { file, root: base, discovery });
    if (module) modules.set(file, module);
  }
  const { manifest, problems } = collectManifest(modules.values());
  discovery.diagnostics.push(...problems);
  return { ...discovery, ...manifest, files: [...modules.keys()].sort() };
}

interface Candidate {
  file: string;
  root: string;
  discovery: Discovery;
}

function examine(source: string, { file, root, discovery }: Candidate): ModuleSites | undefined {
  const skip = (reason: string) => discovery.skipped.push({ file: displayPath(file, root), reason });
  try {
    const module = findSites(parseSource(source, file), { file, root });
    if (module.sites.length + module.classes.length > 0) return module;
    if (MENTION.test(source)) skip(skipReasons.noDirective);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const [first] = error.diagnostics;
    discovery.diagnostics.push(...error.diagnostics);
    if (first?.code === 'PARSE_FAILED') skip(skipReasons.parse(first));
  }
  return undefined;
}

function* sourceFiles(dir: string): Generator<string> {
  const entries = readdirSync(dir, { withFileTypes: true });
  entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.') && !IGNORED.has(entry.name)) yield* sourceFiles(path);
    } else if (entry.isFile() && SOURCE.test(entry.name)) {
      yield path;
    }
  }
}
