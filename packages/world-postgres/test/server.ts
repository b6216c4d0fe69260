/** Schemas of the server that the tests have, each its own. */
import { randomBytes } from 'node:crypto';
import { ask } from '@workbench/postgres/database.ts';
import { testServer } from '@workbench/postgres/test-server.ts';
import { createPostgresWorld, type PostgresWorld, type PostgresWorldOptions } from '../src/index.ts';

export interface TemporarySchema {
  readonly url: string;
  readonly name: string;
  open(options?: PostgresWorldOptions): PostgresWorld;
  ask(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

export async function temporarySchema(): Promise<TemporarySchema> {
  const { url } = await testServer();
  const name = `t_${randomBytes(6).toString('hex')}`;
  return {
    url,
    name,
    open: (options) => createPostgresWorld({ connectionString: url, schema: name, ...options }),
    ask: (text, values) => ask(url, text, values),
    drop: async () => {
      await ask(url, `DROP SCHEMA IF EXISTS "${name}" CASCADE`);
    },
  };
}
