/** A server at which one user needs a password. */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from './database.ts';
import { type PostgresServer, startPostgres } from './server.ts';

export interface LockedServer extends AsyncDisposable {
  readonly server: PostgresServer;
  /** The address of the user `shop`, whose password is `right`. */
  urlWith(password: string): string;
}

export async function startLockedPostgres(): Promise<LockedServer> {
  const server = await startPostgres();
  await ask(server.url, `CREATE ROLE shop LOGIN PASSWORD 'right'`);
  const file = join(server.dataDir, 'pg_hba.conf');
  const rules = await readFile(file, 'utf8');
  await writeFile(file, 'host all shop 127.0.0.1/32 scram-sha-256\n');
  await appendFile(file, rules);
  await ask(server.url, 'SELECT pg_reload_conf()');
  return {
    server,
    urlWith: (password) => `postgres://shop:${password}@127.0.0.1:${server.port}/postgres`,
    [Symbol.asyncDispose]: () => server.close(),
  };
}
