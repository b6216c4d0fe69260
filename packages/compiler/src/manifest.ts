import type { Location } from './code-frame.ts';
import { CompileError, type Diagnostic, duplicateId } from './diagnostics.ts';
import type { ModuleSites } from './sites.ts';

/** One workflow, step or class as the manifest lists it. */
export interface ManifestEntry {
  id: string;
  name: string;
  /** Path of the file as ids use it: relative to the root, without extension. */
  file: string;
  /** 1-based line of the function or class. */
  line: number;
}

/** Everything a program knows by id, sorted by id. */
export interface Manifest {
  workflows: ManifestEntry[];
  steps: ManifestEntry[];
  classes: ManifestEntry[];
}

/** What has an entry: a workflow, a step or a class. */
interface Listed {
  id: string;
  name: string;
  loc: Location;
  node: { start: number };
}

export function manifestEntry(site: Omit<Listed, 'node'>, path: string): ManifestEntry {
  return { id: site.id, name: site.name, file: path, line: site.loc.line };
}

/**
 * Lists the sites of several modules.
 *
 * @throws CompileError with code DUPLICATE_ID when two sites of different files have one id
 */
export function buildManifest(modules: Iterable<ModuleSites>): Manifest {
  const { manifest, problems } = collectManifest(modules);
  if (problems.length > 0) throw new CompileError(problems);
  return manifest;
}

/** Like `buildManifest`, with duplicate ids as findings. */
export function collectManifest(modules: Iterable<ModuleSites>): {
  manifest: Manifest;
  problems: Diagnostic[];
} {
  const manifest: Manifest = { workflows: [], steps: [], classes: [] };
  const problems: Diagnostic[] = [];
  const seen = new Map<string, Listed>();
  for (const { sites, classes, path, parsed } of modules) {
    const add = (site: Listed, list: ManifestEntry[]) => {
      const first = seen.get(site.id);
      if (first) problems.push(duplicateId(parsed.spot(site.node), site.id, first.loc));
      seen.set(site.id, site);
      list.push(manifestEntry(site, path));
    };
    for (const site of sites) add(site, site.kind === 'workflow' ? manifest.workflows : manifest.steps);
    for (const site of classes) add(site, manifest.classes);
  }
  const byId = (left: ManifestEntry, right: ManifestEntry) => (left.id < right.id ? -1 : 1);
  manifest.workflows.sort(byId);
  manifest.steps.sort(byId);
  manifest.classes.sort(byId);
  return { manifest, problems };
}
