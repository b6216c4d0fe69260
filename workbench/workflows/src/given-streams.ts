/** Streams that come from outside the run, and bodies that are streams. */
import { createHook, createWebhook, getWritable, sleep } from 'perdure';
import { start } from 'perdure/api';

async function digest(stream: ReadableStream<Uint8Array>): Promise<{ bytes: number; sum: number }> {
  'use step';
  let bytes = 0;
  let sum = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    for (const byte of chunk) sum = (sum * 31 + byte) >>> 0;
  }
  return { bytes, sum };
}

async function collect(stream: ReadableStream<unknown>): Promise<unknown[]> {
  'use step';
  const chunks: unknown[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}
collect.maxRetries = 0;

async function writeTo(stream: WritableStream<unknown>, chunks: unknown[]): Promise<void> {
  'use step';
  const writer = stream.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
}

/** `size` bytes that count up, in parts of 64 KiB. */
function counting(size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= size) return controller.close();
      const part = new Uint8Array(Math.min(65_536, size - at)).map((_, i) => (at + i) % 251);
      at += part.length;
      controller.enqueue(part);
    },
  });
}

async function download(size: number): Promise<Response> {
  'use step';
  return new Response(counting(size), { status: 206, headers: { 'x-size': String(size) } });
}

async function digestResponse(response: Response): Promise<{ bytes: number; sum: number }> {
  'use step';
  return await digest(response.body as ReadableStream<Uint8Array>);
}

async function tellUrl(url: string): Promise<void> {
  'use step';
  const writer = getWritable<string>().getWriter();
  await writer.write(url);
  writer.releaseLock();
}

async function produce(text: string): Promise<ReadableStream<Uint8Array>> {
  'use step';
  return new Response(text).body!;
}

export async function digestsGiven(stream: ReadableStream<Uint8Array>): Promise<unknown> {
  'use workflow';
  return await digest(stream);
}

export async function collectsGiven(stream: ReadableStream<unknown>): Promise<unknown> {
  'use workflow';
  try {
    return await collect(stream);
  } catch (error) {
    return String((error as Error).cause);
  }
}

export async function writesToGivenStream(stream: WritableStream<unknown>): Promise<string> {
  'use workflow';
  await writeTo(stream, ['a', { b: 1 }, 2n]);
  return 'written';
}

export async function collectsFromHook(token: string): Promise<unknown> {
  'use workflow';
  const { stream } = await createHook<{ stream: ReadableStream<unknown> }>({ token });
  return await collect(stream);
}

/** A large body is a stream: passed on as it is, and read as a whole where the workflow asks for it. */
export async function passesLargeResponse(size: number): Promise<unknown> {
  'use workflow';
  const response = await download(size);
  const passedOn = await digestResponse(response.clone());
  const copied = await digestResponse(new Response(response.clone().body));
  const whole = await response.arrayBuffer();
  return {
    status: response.status,
    size: response.headers.get('x-size'),
    used: response.bodyUsed,
    passedOn,
    copied,
    whole: whole.byteLength,
    last: new Uint8Array(whole).at(-1),
  };
}

/** The answer of a webhook is a stream of the run. */
export async function answersWithStream(text: string): Promise<void> {
  'use workflow';
  const webhook = createWebhook({ respondWith: 'manual' });
  await tellUrl(webhook.url);
  const request = await webhook;
  await request.respondWith(new Response(await produce(text), { headers: { 'content-type': 'text/plain' } }));
}

export async function child(): Promise<string> {
  'use workflow';
  await writeTo(getWritable(), ['one', 'two', 'three']);
  await sleep('1h');
  return 'woken';
}

/** A parent reads and writes its child's streams, and ends its sleep. */
export async function usesHandles(): Promise<unknown[]> {
  'use workflow';
  const run = await start(child, []);
  const all = await collect(run.readable);
  const last = await collect(run.getReadable({ startIndex: -1 }));
  const named = run.getWritable<string>({ namespace: 'notes' });
  await writeTo(named, ['note']);
  const notes = await collect(run.getReadable({ namespace: 'notes' }));
  let woken = 0;
  while (woken === 0) woken = (await run.wakeUp()).stoppedCount;
  return [all, last, notes, woken, await run.returnValue];
}
