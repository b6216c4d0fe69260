/** The order service: `POST /orders`, `GET /orders/:runId`, `POST /approvals/:orderId`. */
import { getRun, resumeHook, start } from 'perdure/api';
import { approvalToken, type Order, processOrder } from './order.ts';

const bodyBytesMax = 64 * 1024;

async function readJson(request: Request): Promise<unknown> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of request.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > bodyBytesMax) throw new RangeError(`Expected a body of at most ${bodyBytesMax} bytes.`);
  }
  return JSON.parse(text);
}

function isOrder(value: unknown): value is Order {
  const { id, items } = (value ?? {}) as Partial<Order>;
  return typeof id === 'string' && Array.isArray(items) && items.every((item) => typeof item === 'string');
}

async function answer(request: Request): Promise<Response> {
  const [, kind, id] = new URL(request.url).pathname.split('/').map(decodeURIComponent);
  if (request.method === 'POST' && kind === 'orders' && !id) {
    const order = await readJson(request);
    if (!isOrder(order))
      return Response.json({ error: 'Expected { id: string, items: string[] }.' }, { status: 400 });
    const run = await start(processOrder, [order]);
    return Response.json({ runId: run.runId }, { status: 202 });
  }
  if (request.method === 'GET' && kind === 'orders' && id) {
    const run = getRun(id);
    if (!(await run.exists)) return Response.json({ error: `No run ${id}.` }, { status: 404 });
    const status = await run.status;
    return Response.json({ status, ...(status === 'completed' ? { result: await run.returnValue } : {}) });
  }
  if (request.method === 'POST' && kind === 'approvals' && id) {
    const { runId } = await resumeHook(approvalToken(id), await readJson(request));
    return Response.json({ runId }, { status: 202 });
  }
  return Response.json(
    { error: 'Expected POST /orders, GET /orders/:runId or POST /approvals/:orderId.' },
    { status: 404 },
  );
}

function statusOf(error: unknown): number {
  if (error instanceof SyntaxError || error instanceof RangeError || error instanceof URIError) return 400;
  return (error as { code?: string }).code === 'HOOK_NOT_FOUND' ? 404 : 500;
}

export function handleOrders(request: Request): Promise<Response> {
  return answer(request).catch((error: Error) =>
    Response.json({ error: error.message }, { status: statusOf(error) }),
  );
}
