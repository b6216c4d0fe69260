/** What node:http and a web-standard handler make of each other. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { nodeListener } from 'perdure/node';
import { afterEach, expect, it } from 'vitest';

let server: Server;

async function serve(handler: Parameters<typeof nodeListener>[0]): Promise<number> {
  server = createServer(nodeListener(handler));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  server.closeAllConnections();
  server.close();
});

it('passes method, path, headers and body on, and the answer back', async () => {
  const port = await serve(async (request, { peer }) => {
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    const headers = new Headers({ 'x-peer': peer ?? '' });
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2');
    const told = [request.method, pathname + search, request.headers.get('x-mark'), body];
    return Response.json(told, { status: 201, headers });
  });
  const url = `http://127.0.0.1:${port}//a/..%2fb?c=d`;
  const response = await fetch(url, { method: 'PUT', headers: { 'x-mark': 'here' }, body: 'text ☃' });
  expect(response.status).toBe(201);
  expect([response.headers.get('x-peer'), response.headers.getSetCookie()]).toEqual([
    '127.0.0.1',
    ['a=1', 'b=2'],
  ]);
  expect(await response.json()).toEqual(['PUT', '//a/..%2fb?c=d', 'here', 'text ☃']);
});

it('answers 404 for what the handler leaves, and 500 without a word for what it throws', async () => {
  const port = await serve(async (request) => {
    if (request.url.endsWith('/throws')) throw new Error('secret');
    return undefined;
  });
  expect((await fetch(`http://127.0.0.1:${port}/left`)).status).toBe(404);
  const response = await fetch(`http://127.0.0.1:${port}/throws`);
  expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('secret')]);
});

it('answers 400 where the request is none', async () => {
  const port = await serve(async () => new Response('never'));
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n');
  let answer = '';
  for await (const part of socket) answer += part;
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
});

it('reads a body no faster than the handler does', async () => {
  const read = Promise.withResolvers<void>();
  const port = await serve(async (request) => {
    await read.promise;
    let length = 0;
    for await (const part of request.body!) length += part.byteLength;
    return new Response(String(length));
  });
  const size = 64 * 2 ** 20;
  const sending = httpRequest({ port, host: '127.0.0.1', method: 'POST' });
  const answered = once(sending, 'response');
  const part = new Uint8Array(2 ** 20);
  let taken = 0;
  /** Whether the other side took what was written, or takes nothing any more. */
  const drained = (): Promise<boolean> => {
    const quiet = new Promise<false>((resolve) => setTimeout(resolve, 300, false));
    return Promise.race([once(sending, 'drain').then(() => true), quiet]);
  };
  do {
    taken += part.length;
  } while (taken < size && (sending.write(part) || (await drained())));
  // The kernel and node:http hold some of it; nobody holds all.
  expect(taken).toBeLessThan(size / 2);
  read.resolve();
  for (; taken < size; taken += part.length) {
    if (!sending.write(part)) await once(sending, 'drain');
  }
  sending.end();
  const [response] = await answered;
  let text = '';
  for await (const chunk of response) text += chunk;
  expect(text).toBe(String(size));
});

it('makes an answer no faster than the client reads it, and stops when the client leaves', async () => {
  let made = 0;
  const left = Promise.withResolvers<void>();
  const port = await serve(
    async () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            made += 1;
            controller.enqueue(new Uint8Array(2 ** 16));
          },
          cancel: () => left.resolve(),
        }),
      ),
  );
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'readable');
  socket.pause();
  let before = -1;
  while (made !== before) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(made).toBeLessThan(1_000);
  socket.destroy();
  await left.promise;
});

it('tells the handler when the client leaves before the answer', async () => {
  const left = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const port = await serve(async (request) => {
    request.signal.addEventListener('abort', () => left.resolve());
    asked.resolve();
    await left.promise;
    return new Response();
  });
  const sending = httpRequest({ port, host: '127.0.0.1' });
  sending.on('error', () => undefined);
  sending.end();
  await asked.promise;
  sending.destroy();
  await left.promise;
});

it('sends an answer before the end of the request', async () => {
  const port = await serve(async () => new Response('enough', { status: 413 }));
  const response = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    body: new Uint8Array(20 * 2 ** 20),
  });
  expect([response.status, await response.text()]).toEqual([413, 'enough']);
});
