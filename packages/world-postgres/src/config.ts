/** The only place where this package reads the environment. */
import { optionRefused, storeUnconfigured } from './messages.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Settings {
  readonly connectionString: string;
  readonly schema?: string;
  readonly migrations?: 'apply' | 'check';
}

/** WORKFLOW_POSTGRES_URL, else DATABASE_URL; WORKFLOW_POSTGRES_SCHEMA, WORKFLOW_POSTGRES_MIGRATIONS. Throws STORE_UNCONFIGURED, INPUT_INVALID. */
export function settings(env: Environment = process.env): Settings {
  const connectionString = env.WORKFLOW_POSTGRES_URL?.trim() || env.DATABASE_URL?.trim();
  if (!connectionString) throw storeUnconfigured();
  const schema = env.WORKFLOW_POSTGRES_SCHEMA?.trim() || undefined;
  const migrations = env.WORKFLOW_POSTGRES_MIGRATIONS?.trim() || undefined;
  if (migrations !== undefined && migrations !== 'apply' && migrations !== 'check')
    throw optionRefused('WORKFLOW_POSTGRES_MIGRATIONS', '"apply" or "check"', migrations);
  return { connectionString, schema, migrations };
}
