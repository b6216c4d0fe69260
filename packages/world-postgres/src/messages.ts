/** Every text of this World, with its code. */
import { WorldError } from '@perdure/world';

export function storeUnconfigured(): WorldError {
  return new WorldError('STORE_UNCONFIGURED', 'Expected the address of a Postgres database, got none.', {
    hint: 'Set WORKFLOW_POSTGRES_URL or DATABASE_URL to postgres://user:password@host:5432/database, or give createPostgresWorld a connectionString or a pool.',
  });
}

export function optionRefused(name: string, expected: string, got: unknown): WorldError {
  return new WorldError('INPUT_INVALID', `Expected ${name} to be ${expected}, got ${JSON.stringify(got)}.`);
}

export function storeUnreachable(place: string, cause: unknown, triedMs: number): WorldError {
  return new WorldError(
    'STORE_UNREACHABLE',
    `Expected Postgres at ${place} to answer, but for ${triedMs} ms it did not: ${textOf(cause)}.`,
    {
      hint: 'Check that the server runs, that host and port are right, and that it has connections left. What was asked may or may not have happened; asking again is safe.',
      cause,
    },
  );
}

export function storeRefused(place: string, cause: unknown): WorldError {
  return new WorldError(
    'STORE_REFUSED',
    `Expected Postgres at ${place} to let this user in, got: ${textOf(cause)}.`,
    {
      hint: 'Check user, password and database of the address, and that the user may use the schema.',
      cause,
    },
  );
}

export function schemaOld(schema: string, missing: readonly string[]): WorldError {
  return new WorldError(
    'SCHEMA_OLD',
    `Expected schema "${schema}" to be up to date, but it lacks ${missing.join(', ')}.`,
    {
      hint: 'Run `perdure migrate` with the same address, or let the world migrate by itself (migrations: "apply").',
    },
  );
}

export function schemaNewer(schema: string, unknown: readonly string[]): WorldError {
  return new WorldError(
    'DATA_NEWER',
    `Expected schema "${schema}" to be of this release or older, but it has ${unknown.join(', ')}.`,
    {
      hint: 'A newer release migrated it and no longer serves this one; use that release. Nothing was changed.',
    },
  );
}

export function encodingRefused(encoding: string): WorldError {
  return new WorldError('STORE_REFUSED', `Expected a database with encoding UTF8, got ${encoding}.`, {
    hint: "Create one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.",
  });
}

export function storeFailed(what: string, cause: unknown): WorldError {
  const { code } = cause as { code?: unknown };
  const state = typeof code === 'string' ? ` (SQLSTATE ${code})` : '';
  return new WorldError('STORE_FAILED', `Expected Postgres to ${what}, got: ${textOf(cause)}${state}.`, {
    hint: 'Nothing was written. If the schema was changed by hand, restore it; else look the SQLSTATE up in the manual of Postgres.',
    cause,
  });
}

export function rowDamaged(table: string, place: string, problem: string): WorldError {
  return new WorldError('DATA_DAMAGED', `Expected an intact row of ${table} for ${place}, got: ${problem}.`, {
    hint: 'The row is left as it is; restore it from a backup.',
  });
}

/** One line, without what an address may hold that is secret. */
function textOf(cause: unknown): string {
  const error = cause as { message?: unknown; code?: unknown; errors?: readonly unknown[] };
  // A host of several addresses fails with one error for each.
  const message =
    error.message || (error.errors?.[0] as { message?: unknown } | undefined)?.message || error.code;
  return String(message ?? cause)
    .replaceAll(/\s+/g, ' ')
    .replace(/\.$/, '');
}
