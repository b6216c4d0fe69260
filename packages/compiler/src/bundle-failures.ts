import { existsSync, readFileSync } from 'node:fs';
import { locate } from './code-frame.ts';
import * as say from './diagnostics.ts';

/** The part of a rolldown log or error that is looked at. */
interface BundleLog {
  code?: string;
  message?: string;
  /** The file it is about. */
  id?: string;
  /** The specifier that did not resolve. */
  exporter?: string;
  /** Lines of the module as it was bundled, each as `number: text`. */
  frame?: string;
  loc?: { line: number; column: number };
}

/** Turns what rolldown threw into diagnostics that point into the original files. */
export function bundleFailures(error: unknown): say.Diagnostic[] {
  const errors = (error as { errors?: BundleLog[] }).errors ?? [];
  if (errors.length === 0) return [say.programFailed(error instanceof Error ? error.message : String(error))];
  return errors.map((entry) => {
    const reason = (entry.message ?? '').replace(/^\[\w+\] /, '').split('\n')[0] ?? '';
    if (entry.code === 'PARSE_ERROR') return say.parseFailed(spotOf(entry), reason);
    if (entry.code === 'INVALID_TLA_FORMAT') return say.topLevelAwait(spotOf(entry));
    return say.programFailed(entry.message ?? '');
  });
}

/** Finds the bundled line in the original, as pruning moves lines. */
function spotOf({ id = '', frame = '', loc }: BundleLog): say.Spot {
  const source = existsSync(id) ? readFileSync(id, 'utf8') : '';
  const line = frame.split('\n').find((text) => text.startsWith(`${loc?.line}: `)) ?? '';
  const text = line.slice(line.indexOf(': ') + 2);
  const start = source.indexOf(text);
  const offset = start < 0 ? 0 : start + Math.min(loc?.column ?? 0, text.length);
  return { source, loc: locate(source, id, offset) };
}

/** Remembers who asked for a module that is not there: the first by path, whatever the order of loading. */
export function noteUnresolved(unresolved: Map<string, string>, { exporter = '', id = '' }: BundleLog): void {
  const known = unresolved.get(exporter);
  if (known === undefined || id < known) unresolved.set(exporter, id);
}

/** Imports that are left in the program are fatal; those that only dropped code had do not matter. */
export function missingImports(imports: string[], unresolved: ReadonlyMap<string, string>): say.Diagnostic[] {
  return imports.map((specifier) => {
    const importer = unresolved.get(specifier) ?? '';
    const source = existsSync(importer) ? readFileSync(importer, 'utf8') : '';
    const quoted = [`'${specifier}'`, `"${specifier}"`].map((text) => source.indexOf(text));
    const offset = Math.max(0, ...quoted);
    return say.importNotFound({ source, loc: locate(source, importer, offset) }, specifier);
  });
}
