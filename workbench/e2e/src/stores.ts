/** The worlds that servers can be put on, one line each, and what the servers of one story keep together. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '@workbench/postgres/database.ts';

type Environment = Readonly<Record<string, string>>;

export interface Store {
  /** What puts a server on it. */
  readonly env: Environment;
  /** Where bodies of steps leave a line each. */
  readonly effectsFile: string;
  remove(): Promise<void>;
}

/** The URL of a Postgres, asked for when one is needed. */
export type PostgresUrl = () => Promise<string>;

interface StoredWorld {
  /** How many servers may drive its runs. */
  readonly workersMost: number;
  /** In a directory of its own. */
  readonly open: (
    directory: string,
    postgres: PostgresUrl,
  ) => Promise<{ readonly env: Environment; readonly remove?: () => Promise<void> }>;
}

export const worlds: Readonly<Record<string, StoredWorld>> = {
  local: {
    workersMost: 1,
    open: async (directory) => ({
      env: { WORKFLOW_TARGET_WORLD: 'local', WORKFLOW_LOCAL_DATA_DIR: `${directory}/data` },
    }),
  },
  memory: { workersMost: 1, open: async () => ({ env: { WORKFLOW_TARGET_WORLD: 'memory' } }) },
  postgres: { workersMost: 9, open: async (_directory, postgres) => schemaOn(await postgres()) },
};

/** An empty store that nobody else has. */
export async function openStore(world: string, postgres: PostgresUrl): Promise<Store> {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-e2e-store-'));
  const { env, remove } = await worlds[world]!.open(directory, postgres);
  const effectsFile = join(directory, 'effects');
  return {
    env: { ...env, WORKBENCH_EFFECTS: effectsFile },
    effectsFile,
    async remove() {
      await remove?.();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function schemaOn(url: string): { readonly env: Environment; readonly remove: () => Promise<void> } {
  const schema = `e2e_${randomBytes(6).toString('hex')}`;
  return {
    env: {
      WORKFLOW_TARGET_WORLD: 'postgres',
      WORKFLOW_POSTGRES_URL: url,
      WORKFLOW_POSTGRES_SCHEMA: schema,
    },
    remove: async () => void (await ask(url, `DROP SCHEMA IF EXISTS ${schema} CASCADE`)),
  };
}
