import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installNodeHooks, transformHost } from '@perdure/compiler';
import type { WorkflowReference } from '@perdure/core';
import { compilerGuest, type Session } from './context.ts';
import { fileFailed, fileMissing, workflowAmbiguous, workflowUnknown } from './messages.ts';
import { isCompileError } from './problem.ts';

export interface Target {
  /** Absolute and real. */
  readonly file: string;
  /** Undefined: the only workflow of the file. */
  readonly name: string | undefined;
}

/** Reads `<file>#<workflow>`. Throws FILE_MISSING. */
export function readTarget(text: string, cwd: string): Target {
  const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const whole = resolve(cwd, text);
  if (isFile(whole)) return { file: realpathSync(whole), name: undefined };
  const hash = text.lastIndexOf('#');
  const file = resolve(cwd, hash < 0 ? text : text.slice(0, hash));
  if (!isFile(file)) throw fileMissing(file);
  return { file: realpathSync(file), name: hash < 0 ? undefined : text.slice(hash + 1) || undefined };
}

/**
 * Compiles and imports the file, which registers its steps in this process, and finds the workflow in it.
 *
 * Throws `CompileError`, FILE_FAILED, WORKFLOW_UNKNOWN, WORKFLOW_MISSING, WORKFLOW_AMBIGUOUS.
 */
export async function loadWorkflow({ file, name }: Target, { context }: Session): Promise<WorkflowReference> {
  const root = appRoot(file);
  // Before anything of the app runs: what is wrong with the directives, and what the file itself declares.
  const declared = transformHost(readFileSync(file, 'utf8'), { file, root })?.sites ?? [];
  installNodeHooks({
    root,
    guest: compilerGuest(context.guest),
    packages: { ...context.hostModules },
  });
  const exported = await importFile(file);
  const known = new Map<string, string>();
  for (const [key, value] of Object.entries(exported)) {
    const id = (value as { workflowId?: unknown } | null | undefined)?.workflowId;
    if (typeof id === 'string') known.set(key, id);
  }
  for (const site of declared) if (site.kind === 'workflow') known.set(site.name, site.id);
  return { workflowId: choose(known, { file, name }) };
}

function choose(known: ReadonlyMap<string, string>, { file, name }: Target): string {
  if (name === undefined) {
    const ids = new Set(known.values());
    if (ids.size !== 1) throw workflowAmbiguous(file, [...known.keys()]);
    return [...ids][0]!;
  }
  const id = known.get(name);
  if (id === undefined) throw workflowUnknown(file, name, [...known.keys()]);
  return id;
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    if (isCompileError(error)) throw error;
    throw fileFailed(file, error);
  }
}

/** The nearest folder upwards with a named package.json, so that ids are those of the app itself; else the file's. */
function appRoot(file: string): string {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    if (hasPackageName(join(directory, 'package.json'))) return directory;
    if (dirname(directory) === directory) return dirname(file);
  }
}

function hasPackageName(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    return Boolean((JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown }).name);
  } catch {
    return false;
  }
}
