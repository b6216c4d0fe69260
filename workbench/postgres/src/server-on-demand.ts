/** The server that the environment names, or one of our own that starts when it is first asked for. */
import { serverUrl } from './config.ts';
import { type PostgresServer, startPostgres } from './server.ts';

export interface ServerOnDemand {
  /** For somebody who may create databases. */
  url(): Promise<string>;
  /** Ends what was started. */
  close(): Promise<void>;
}

export function serverOnDemand(): ServerOnDemand {
  const named = serverUrl();
  let own: Promise<PostgresServer> | undefined;
  return {
    async url() {
      if (named !== undefined) return named;
      own ??= startPostgres();
      return (await own).url;
    },
    async close() {
      await (await own?.catch(() => undefined))?.close();
    },
  };
}
