import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetchesJson, fetchesNothing } from '@workbench/workflows/fetches.ts';
import { type Case, count } from '../app.ts';

/** A server of its own on loopback, for as long as `use` lasts. */
async function served<T>(use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url !== '/json') return void response.writeHead(404).end();
    response.setHeader('x-answer', 'here').end(JSON.stringify({ asked: request.headers['x-asked'], body }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

export const fetchCases: readonly Case[] = [
  {
    name: 'fetch is a step: status, headers and body arrive in the workflow',
    order: 'contended',
    async play(app) {
      await served(async (url) => {
        const run = await app.start(fetchesJson, [url]);
        const answer = { asked: 'yes', body: 'question' };
        assert.deepEqual(await run.returnValue, [200, 'here', answer, 404, false]);
        assert.equal(count(await app.history(run.runId), 'step_completed'), 2);
      });
    },
  },
  {
    name: 'fetch of nobody fails after its attempts',
    order: 'contended',
    async play(app) {
      const gone = await served(async (url) => url);
      const run = await app.start(fetchesNothing, [gone]);
      assert.equal(await run.returnValue, 'true TypeError');
      assert.equal(count(await app.history(run.runId), 'step_started'), 4);
    },
  },
];
