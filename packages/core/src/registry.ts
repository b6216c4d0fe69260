/**
 * The one piece of global state: what compiled modules of this process declare.
 *
 * Compiled code writes it without importing anything, so that every bundler and every copy of the package
 * agrees on it.
 */
import type { ProgramSource } from './program.ts';

export type StepFunction = ((this: unknown, ...args: unknown[]) => unknown) & {
  readonly maxRetries?: number;
};

/** A step at module level, or one that closes over variables and is bound to their values per call. */
export type StepEntry =
  | { readonly id: string; readonly fn: StepFunction }
  | { readonly id: string; readonly bind: (closure: Record<string, unknown>) => StepFunction };

export interface Registry {
  readonly steps: Map<string, StepEntry>;
  readonly workflows: Map<string, { readonly id: string; readonly name: string; readonly file: string }>;
  /** Absolute paths of loaded files with directives, where a loader compiles at run time. */
  readonly files: Set<string>;
  /** How to get the program of everything loaded. */
  program?: () => Promise<ProgramSource>;
}

const registryKey: symbol = Symbol.for('perdure.registry');

export function registry(): Registry {
  const shared = globalThis as unknown as Record<symbol, Registry | undefined>;
  shared[registryKey] ??= { steps: new Map(), workflows: new Map(), files: new Set() };
  return shared[registryKey];
}
