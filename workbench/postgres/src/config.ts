/** The only place of this package that reads the environment. */

/** The server that the environment names instead of one of our own: WORKFLOW_POSTGRES_URL, else DATABASE_URL. */
export function serverUrl(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  return env.WORKFLOW_POSTGRES_URL?.trim() || env.DATABASE_URL?.trim() || undefined;
}

/** What the programs of Postgres get to see: nothing that is meant for its clients. */
export function programEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string | undefined> {
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PG'))),
    LC_ALL: 'C',
  };
}
