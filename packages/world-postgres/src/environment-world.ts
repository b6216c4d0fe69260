import { settings } from './config.ts';
import { createPostgresWorld, type PostgresWorld } from './world.ts';

export interface EnvironmentWorldOptions {
  /**
   * `drive` (default): it is opened, and its schema brought up to date unless WORKFLOW_POSTGRES_MIGRATIONS is `check`;
   * `look`: it is opened and its schema is left as it is; `migrate`: it is not opened.
   */
  readonly purpose?: 'drive' | 'look' | 'migrate';
}

/** The world that WORKFLOW_POSTGRES_URL or DATABASE_URL names. Throws STORE_UNCONFIGURED and what `open` throws. */
export async function createWorld({
  purpose = 'drive',
}: EnvironmentWorldOptions = {}): Promise<PostgresWorld> {
  const named = settings();
  const world = createPostgresWorld(purpose === 'look' ? { ...named, migrations: 'check' } : named);
  if (purpose === 'migrate') return world;
  try {
    await world.open();
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}
