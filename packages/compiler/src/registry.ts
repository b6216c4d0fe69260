/** What host output and the runtime share, on `globalThis` because there may be several copies of either. */
export interface Registry {
  steps: Map<string, unknown>;
  workflows: Map<string, unknown>;
  /** Absolute paths of the loaded files that hold workflows, steps or classes that cross; only filled in development. */
  files: Set<string>;
  /** Gives the program that holds the app's workflows. */
  program?: () => Promise<RegistryProgram>;
}

/** The part of a program that the runtime needs. */
export interface RegistryProgram {
  code: string;
  hash: string;
  manifest: unknown;
}

const KEY = Symbol.for('perdure.registry');

/** The registry of this process, made by whoever asks first. */
export function registry(): Registry {
  const scope = globalThis as { [KEY]?: Registry };
  scope[KEY] ??= { steps: new Map(), workflows: new Map(), files: new Set() };
  return scope[KEY];
}
