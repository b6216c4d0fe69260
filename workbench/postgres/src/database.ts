/** Databases of a server, one for each that wants to be alone. */
import { randomBytes } from 'node:crypto';
import { Client, type QueryResultRow } from 'pg';

/** Answers one statement over a connection of its own. */
export async function ask<Row extends QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  // The answer to the statement tells of a lost connection, too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** An empty database; its URL. `url` of the server is that of somebody who may create databases. */
export async function createDatabase({ url }: { readonly url: string }): Promise<string> {
  const name = `perdure_${randomBytes(8).toString('hex')}`;
  // template0 is never in use, so that many can be made at once.
  await ask(url, `CREATE DATABASE ${name} TEMPLATE template0 STRATEGY file_copy`);
  const database = new URL(url);
  database.pathname = `/${name}`;
  return database.href;
}

/** Ends what is connected to a database that `createDatabase` made, and forgets it. */
export async function dropDatabase({ url }: { readonly url: string }, database: string): Promise<void> {
  const name = new URL(database).pathname.slice(1);
  if (!/^perdure_[0-9a-f]{16}$/.test(name))
    throw new Error(`Expected a database of createDatabase(), got ${name}.`);
  await ask(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}
