/** The package's routes on plain node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';

const lingerMs = 5_000;

export type FetchHandler = (
  request: Request,
  details: { readonly peer: string | undefined },
) => Promise<Response | undefined>;

/**
 * Serves a web-standard handler on `createServer()`: bodies stream both ways and hold the faster side back; a client that
 * leaves cancels what it was sent. A path that the handler does not know is 404; an error is 500, without its text.
 */
export function nodeListener(
  handler: FetchHandler,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => void serve(handler, incoming, outgoing);
}

async function serve(
  handler: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const response = await answer(handler, incoming, outgoing);
    linger(incoming, outgoing);
    await send(response, outgoing);
  } catch {
    // The client left, or the body broke in the middle: what was begun cannot become another answer.
    outgoing.destroy();
  }
}

async function answer(
  handler: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<Response> {
  const request = toRequest(incoming, outgoing);
  if (!request) return Response.json({ error: 'This is no request.' }, { status: 400 });
  try {
    const peer = incoming.socket.remoteAddress;
    return (await handler(request, { peer })) ?? new Response(null, { status: 404 });
  } catch {
    return Response.json({ error: 'The request could not be taken.' }, { status: 500 });
  }
}

/** Undefined for what node:http lets through and the web does not, such as a Host that is none. */
function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request | undefined {
  const { method = 'GET', url = '', headers, rawHeaders } = incoming;
  const left = new AbortController();
  outgoing.once('close', () => left.abort());
  const hasBody = method !== 'GET' && method !== 'HEAD';
  try {
    const pairs = new Headers();
    for (let i = 0; i < rawHeaders.length; i += 2) pairs.append(rawHeaders[i]!, rawHeaders[i + 1]!);
    return new Request(`http://${headers.host ?? 'localhost'}${url.startsWith('/') ? url : '/'}`, {
      method,
      headers: pairs,
      signal: left.signal,
      ...(hasBody ? { body: bodyOf(incoming), duplex: 'half' } : {}),
    } as RequestInit);
  } catch {
    return undefined;
  }
}

/** The body, as it is asked for. Who stops asking does not cut the connection: the answer is still to go out on it. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let state: 'open' | 'over' = 'open';
  const end = (settle: () => void) => (): void => {
    if (state === 'open') settle();
    state = 'over';
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        incoming.pause();
        incoming.on('data', (chunk: Uint8Array) => {
          if (state === 'over') return;
          controller.enqueue(chunk);
          incoming.pause();
        });
        incoming.once(
          'end',
          end(() => controller.close()),
        );
        const left = end(() => controller.error(new Error('The client left before the end of its request.')));
        incoming.once('error', left);
        incoming.once('close', left);
      },
      pull: () => void incoming.resume(),
      cancel: end(() => incoming.resume()),
    },
    { highWaterMark: 0 },
  );
}

/** An answer before the end of its request: the rest is read and dropped for a while, so that the client gets to see the answer. */
function linger(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.complete) return;
  outgoing.once('finish', () => {
    const timer = setTimeout(() => incoming.destroy(), lingerMs);
    incoming.once('close', () => clearTimeout(timer));
    incoming.resume();
  });
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  const { status, statusText, headers, body } = response;
  if (statusText) outgoing.statusMessage = statusText;
  outgoing.writeHead(status, [...headers].flat());
  if (body) await pipeline(Readable.fromWeb(body as NodeReadableStream), outgoing);
  else outgoing.end();
}
