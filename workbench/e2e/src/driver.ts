/**
 * The app's half of the suite's HTTP, mounted by every app beside its own routes: what a case asks for becomes a call of
 * the public API in the app's process. For tests only: whoever reaches it can do anything.
 */
import { functionNamed } from '@workbench/workflows/all.ts';
import { getHookByToken, getRun, resumeHook, start } from 'perdure/api';
import { getRuntime, getWorld, parseValue, type RunAccess, stringifyValue } from 'perdure/runtime';
import { driverPath, lineKinds, thrownStatus } from './wire.ts';

type Call = (...args: never[]) => unknown;

const access = async (): Promise<RunAccess> => (await getRuntime()).access;

const calls: Readonly<Record<string, Call>> = {
  async start(...[workflow, args, options]: Parameters<typeof start>) {
    return (await start(workflow, args, options)).runId;
  },
  resumeHook,
  getHookByToken,
  onHost: (name: string, args: never[]) => functionNamed(name)(...args),
  find: async (runId: string) => (await access()).find(runId),
  projection: async (runId: string) => (await access()).projection(runId),
  result: async (runId: string) => (await access()).result(runId),
  cancel: async (runId: string, reason?: string) => (await access()).cancel(runId, reason),
  wakeUp: async (runId: string, ids?: string[]) => (await access()).wakeUp(runId, ids),
  history: async (runId: string) => (await getWorld()).runs.history(runId),
  write: async (runId: string, name: string, chunk: unknown) => {
    const writer = getRun(runId).getWritable({ namespace: name }).getWriter();
    await writer.write(chunk);
    writer.releaseLock();
  },
  close: (runId: string, name: string) => getRun(runId).getWritable({ namespace: name }).close(),
  tailIndex: (runId: string, name: string) => getRun(runId).getReadable({ namespace: name }).getTailIndex(),
};

/** Undefined for a path that is the app's own. */
export async function handleDriver(request: Request): Promise<Response | undefined> {
  const { pathname, searchParams } = new URL(request.url);
  if (!pathname.startsWith(driverPath)) return undefined;
  const name = pathname.slice(driverPath.length);
  const runId = searchParams.get('run') ?? '';
  const namespace = searchParams.get('name') ?? 'default';
  const startIndex = Number(searchParams.get('from') ?? 0);
  if (name === 'read') return lines(getRun(runId).getReadable({ namespace, startIndex }));
  if (name === 'bytes') return new Response(getRun(runId).getReadable<Uint8Array>({ namespace, startIndex }));
  if (name === 'events')
    return serverSentEvents(getRun(runId).getReadable({ namespace, startIndex }), startIndex);
  if (request.method !== 'POST' || !Object.hasOwn(calls, name)) return undefined;
  return called(calls[name]!, await request.text());
}

async function called(call: Call, body: string): Promise<Response> {
  try {
    const args = parseValue(body) as never[];
    return new Response(await stringifyValue(await call(...args)));
  } catch (error) {
    return new Response(await stringifyValue(error), { status: thrownStatus });
  }
}

/** A stream as lines of text, read as fast as the client reads them. */
function lines(stream: ReadableStream<unknown>): Response {
  const reader = stream.getReader();
  const encoder = new TextEncoder();
  const line = async (kind: string, value: unknown): Promise<Uint8Array> =>
    encoder.encode(`${kind}${await stringifyValue(value)}\n`);
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(await line(lineKinds.chunk, value));
        } catch (error) {
          controller.enqueue(await line(lineKinds.error, error));
          controller.close();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

/** A stream as server-sent events whose ids are indexes: a client that comes back says the last one it saw. */
function serverSentEvents(stream: ReadableStream<unknown>, startIndex: number): Response {
  let index = startIndex;
  const events = new TransformStream<unknown, string>({
    transform(chunk, controller) {
      controller.enqueue(`id: ${index}\ndata: ${JSON.stringify(chunk)}\n\n`);
      index += 1;
    },
  });
  const body = stream.pipeThrough(events).pipeThrough(new TextEncoderStream() as never);
  return new Response(body as ReadableStream, { headers: { 'content-type': 'text/event-stream' } });
}
