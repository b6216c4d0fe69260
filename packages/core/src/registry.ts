/**
 * The one piece of global state: what compiled modules of this process declare.
 *
 * Compiled code writes it without importing anything, so that every bundler and every copy of the package
 * agrees on it.
 */
import type { LifecycleHooks } from './lifecycle.ts';
import type { StoredClass } from './payload/realm.ts';
import type { ProgramSource } from './program.ts';

export type StepFunction = ((this: unknown, ...args: unknown[]) => unknown) & {
  readonly maxRetries?: unknown;
  readonly retry?: unknown;
  readonly timeout?: unknown;
  readonly offer?: unknown;
};

/** A step at module level, or one that closes over variables and is bound to their values per call. */
export type StepEntry =
  | { readonly id: string; readonly fn: StepFunction }
  | { readonly id: string; readonly bind: (closure: Record<string, unknown>) => StepFunction };

export interface Registry {
  readonly steps: Map<string, StepEntry>;
  readonly workflows: Map<string, { readonly id: string; readonly name: string; readonly file: string }>;
  /** Classes whose instances cross, by the id in their static `classId`. */
  readonly classes: Map<string, StoredClass>;
  /** Absolute paths of loaded files with directives, where a loader compiles at run time. */
  readonly files: Set<string>;
  /** Callbacks for the ends of runs. */
  lifecycle?: Set<LifecycleHooks>;
  /** How to get the program of everything loaded. */
  program?: () => Promise<ProgramSource>;
}

const registryKey: symbol = Symbol.for('perdure.registry');

export function registry(): Registry {
  const shared = globalThis as unknown as Record<symbol, Registry | undefined>;
  const found = shared[registryKey];
  const made: Registry = found ?? {
    steps: new Map(),
    workflows: new Map(),
    classes: new Map(),
    files: new Set(),
  };
  // Compiled code may have made it, and knows only what it writes.
  (made as { classes?: Registry['classes'] }).classes ??= new Map();
  shared[registryKey] = made;
  return made;
}
