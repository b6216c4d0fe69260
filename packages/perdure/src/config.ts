/** The only place where this package reads the environment. */

export interface WorldChoice {
  /** `local`, `memory`, `postgres`, a package name or a module path. */
  readonly name: string;
  /** Data directory of the local world. */
  readonly dataDir: string | undefined;
}

export function worldChoice(env: Readonly<Record<string, string | undefined>> = process.env): WorldChoice {
  return {
    name: env.WORKFLOW_TARGET_WORLD?.trim() || 'local',
    dataDir: env.WORKFLOW_LOCAL_DATA_DIR?.trim() || undefined,
  };
}
