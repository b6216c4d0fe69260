/**
 * The order service on plain node:http: `POST /orders`, `GET /orders/:runId`, `POST /approvals/:orderId`.
 *
 * Prints `listening on <port>` when ready. PORT (default any free one); the data directory is
 * WORKFLOW_LOCAL_DATA_DIR.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRun, resumeHook, start } from 'perdure/api';
import { close, getRuntime } from 'perdure/runtime';
import { approvalToken, type Order, processOrder } from './order.ts';

const bodyBytesMax = 64 * 1024;

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > bodyBytesMax) throw new RangeError(`Expected a body of at most ${bodyBytesMax} bytes.`);
  }
  return JSON.parse(text);
}

function isOrder(value: unknown): value is Order {
  const { id, items } = (value ?? {}) as Partial<Order>;
  return typeof id === 'string' && Array.isArray(items) && items.every((item) => typeof item === 'string');
}

type Answer = { readonly status: number; readonly body: unknown };

async function answer(request: IncomingMessage): Promise<Answer> {
  const [, kind, id] = (request.url ?? '/').split('/').map(decodeURIComponent);
  if (request.method === 'POST' && kind === 'orders' && !id) {
    const order = await readJson(request);
    if (!isOrder(order)) return { status: 400, body: { error: 'Expected { id: string, items: string[] }.' } };
    const run = await start(processOrder, [order]);
    return { status: 202, body: { runId: run.runId } };
  }
  if (request.method === 'GET' && kind === 'orders' && id) {
    const run = getRun(id);
    if (!(await run.exists)) return { status: 404, body: { error: `No run ${id}.` } };
    const status = await run.status;
    return {
      status: 200,
      body: { status, ...(status === 'completed' ? { result: await run.returnValue } : {}) },
    };
  }
  if (request.method === 'POST' && kind === 'approvals' && id) {
    const { runId } = await resumeHook(approvalToken(id), await readJson(request));
    return { status: 202, body: { runId } };
  }
  return {
    status: 404,
    body: { error: 'Expected POST /orders, GET /orders/:runId or POST /approvals/:orderId.' },
  };
}

function statusOf(error: unknown): number {
  if (error instanceof SyntaxError || error instanceof RangeError) return 400;
  return (error as { code?: string }).code === 'HOOK_NOT_FOUND' ? 404 : 500;
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await answer(request).catch((error: Error) => ({
    status: statusOf(error),
    body: { error: error.message },
  }));
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

// Runs that a killed process left behind go on from here.
await getRuntime();
const server = createServer((request, response) => void handle(request, response));
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`listening on ${(server.address() as AddressInfo).port}`);
});

process.once('SIGTERM', () => {
  server.close();
  void close().then(() => process.exit(0));
});
