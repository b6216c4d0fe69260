/** Bringing a schema up to date: migrations in order, under a lock, each once. */
import { restart } from '@perdure/world';
import type { Database } from './database.ts';
import { RECENT_EVENTS } from './limits.ts';
import { encodingRefused, schemaNewer, schemaOld } from './messages.ts';
import { type Migration, migrations } from './schema/migrations.ts';

/** The SQL of one migration for a schema. */
export function sqlOf({ sql }: Migration, schema: string): string {
  return sql
    .replaceAll('{{schema}}', `"${schema}"`)
    .replaceAll('{{channel}}', `'${schema}'`)
    .replaceAll('{{name}}', schema)
    .replaceAll('{{recentEvents}}', String(RECENT_EVENTS))
    .replaceAll(/{{(atOnce|firstMs|maxMs)}}/g, (_, name: keyof typeof restart) => String(restart[name]));
}

/**
 * One text for a whole migration run, one transaction under a lock: any number of processes may ask at once.
 *
 * Each migration checks within the lock whether it was applied, so the text may be run again and again.
 */
export function migrationScript(schema: string): string {
  const parts = migrations.map((migration) => {
    const body = `${sqlOf(migration, schema)}\nINSERT INTO "${schema}".migrations (name, breaks) VALUES ('${migration.name}', ${migration.breaks});`;
    return `DO $perdure$ BEGIN
IF NOT EXISTS (SELECT 1 FROM "${schema}".migrations WHERE name = '${migration.name}') THEN
EXECUTE $migration$
${body}
$migration$;
END IF; END $perdure$;`;
  });
  return `SELECT pg_advisory_xact_lock(hashtextextended('perdure ${schema}', 0));
DO $perdure$ BEGIN
IF NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = '${schema}') THEN CREATE SCHEMA "${schema}"; END IF; END $perdure$;
CREATE TABLE IF NOT EXISTS "${schema}".migrations (
  name text PRIMARY KEY,
  -- Whether releases that do not know it can no longer work.
  breaks boolean NOT NULL DEFAULT false,
  applied_at timestamptz NOT NULL DEFAULT now()
);
${parts.join('\n')}`;
}

export interface SchemaState {
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number;
  readonly missing: readonly string[];
}

/** What a schema lacks. Throws DATA_NEWER for one of a newer release, STORE_REFUSED for a database that is not UTF8. */
export async function schemaState(database: Database, retryMs: number): Promise<SchemaState> {
  const { schema } = database;
  const [row] = await database.run<{ now: number; encoding: string; there: boolean }>(
    {
      what: 'answer',
      text: `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now, current_setting('server_encoding') AS encoding,
          to_regclass($1) IS NOT NULL AS there`,
      values: () => [`"${schema}".migrations`],
    },
    retryMs,
  );
  if (row!.encoding !== 'UTF8') throw encodingRefused(row!.encoding);
  const applied = row!.there ? await appliedMigrations(database) : [];
  const known = migrations.map(({ name }) => name);
  const breaking = applied.filter(({ name, breaks }) => breaks && !known.includes(name));
  if (breaking.length > 0)
    throw schemaNewer(
      schema,
      breaking.map(({ name }) => name),
    );
  const names = new Set(applied.map(({ name }) => name));
  return { now: row!.now, missing: known.filter((name) => !names.has(name)) };
}

function appliedMigrations(database: Database): Promise<{ name: string; breaks: boolean }[]> {
  return database.run({
    what: 'read the migrations that were applied',
    text: `SELECT name, breaks FROM "${database.schema}".migrations`,
    values: () => [],
  });
}

/** Applies what is missing; answers with what was. */
export async function migrateSchema(database: Database, retryMs: number): Promise<string[]> {
  const { missing } = await schemaState(database, retryMs);
  if (missing.length > 0)
    await database.run({
      what: 'migrate its schema',
      text: migrationScript(database.schema),
      // No parameters: several statements in one message.
      values: () => undefined as unknown as unknown[],
    });
  return [...missing];
}

/** Throws SCHEMA_OLD. */
export function checkSchema(schema: string, { missing }: SchemaState): void {
  if (missing.length > 0) throw schemaOld(schema, missing);
}

const tables = ['runs', 'events', 'hooks', 'offered_steps', 'workers', 'programs', 'streams', 'chunks'];

/** Forgets everything but the schema itself. */
export async function clearSchema(database: Database): Promise<void> {
  await database.run({
    what: 'clear',
    text: `TRUNCATE ${tables.map((table) => `"${database.schema}".${table}`).join(', ')}`,
    values: () => [],
  });
}
