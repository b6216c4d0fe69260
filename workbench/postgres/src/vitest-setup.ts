/**
 * One server for all tests of a run of vitest: the one that the environment names, or one that starts when a test
 * asks for it, so that a run without such tests has none.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { serverOnDemand } from './server-on-demand.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where to ask for the URL of the server of this run. */
    readonly postgresDoor: string;
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const server = serverOnDemand();
  const door = createServer(async (_request, response) => {
    try {
      response.end(await server.url());
    } catch (error) {
      response.writeHead(503).end(String(error));
    }
  });
  await once(door.listen(0, '127.0.0.1'), 'listening');
  door.unref();
  provide('postgresDoor', `http://127.0.0.1:${(door.address() as AddressInfo).port}`);
  return async () => {
    door.close();
    await server.close();
  };
}
