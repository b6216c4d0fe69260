import { createWebhook, getWritable, type WebhookRequest } from 'perdure';
import { delayed } from './steps.ts';

async function tell(url: string): Promise<void> {
  'use step';
  const writer = getWritable<string>().getWriter();
  await writer.write(url);
  writer.releaseLock();
}

async function answer(request: WebhookRequest, prefix: string): Promise<string> {
  'use step';
  const { name } = (await request.json()) as { name: string };
  await request.respondWith(
    Response.json({ greeting: `${prefix} ${name}` }, { status: 201, headers: { 'x-by': 'step' } }),
  );
  return name;
}

/** The answer is 202; the request arrives whole. */
export async function takesRequest(): Promise<unknown[]> {
  'use workflow';
  const webhook = createWebhook({ metadata: { purpose: 'test' } });
  await tell(webhook.url);
  const request = await webhook;
  const query = new URL(request.url).searchParams.get('q');
  return [request.method, query, request.headers.get('x-mark'), await request.text()];
}

export async function answersStatically(): Promise<string> {
  'use workflow';
  const webhook = createWebhook({
    respondWith: new Response('thank you', { status: 200, headers: { 'x-kind': 'static' } }),
  });
  await tell(webhook.url);
  const request = await webhook;
  return new TextDecoder().decode(await request.arrayBuffer());
}

export async function answersInStep(rounds: number): Promise<string[]> {
  'use workflow';
  const webhook = createWebhook({ respondWith: 'manual' });
  await tell(webhook.url);
  const names: string[] = [];
  for await (const request of webhook) {
    await Promise.all([delayed(1, 'a'), delayed(1, 'b')]);
    names.push(await answer(request, 'hello'));
    if (names.length === rounds) break;
  }
  return names;
}

export async function answersItself(): Promise<void> {
  'use workflow';
  const webhook = createWebhook({ respondWith: 'manual' });
  await tell(webhook.url);
  const request = await webhook;
  await request.respondWith(new Response(`you sent ${request.method}`));
}

export async function neverAnswers(): Promise<string> {
  'use workflow';
  const webhook = createWebhook({ respondWith: 'manual' });
  await tell(webhook.url);
  await webhook;
  return 'ended';
}

/** What a request is, read in the way that fits its type. */
async function contentOf(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type') ?? '';
  if (type.startsWith('application/json')) return request.json();
  if (/^(multipart|application\/x-www-form-urlencoded)/.test(type)) {
    const form = await request.formData();
    const file = form.get('file');
    return [form.getAll('name'), file instanceof File ? [file.name, [...(await file.bytes())]] : null];
  }
  return new Uint8Array(await request.arrayBuffer());
}

async function contentInStep(request: WebhookRequest): Promise<unknown> {
  'use step';
  return contentOf(request);
}

/** Reads bodies in the workflow, and in a step, the same. */
export async function takesBodies(n: number): Promise<unknown[]> {
  'use workflow';
  const webhook = createWebhook();
  await tell(webhook.url);
  const bodies: unknown[] = [];
  for await (const request of webhook) {
    const inStep = await contentInStep(request);
    bodies.push([inStep, await contentOf(request)]);
    if (bodies.length === n) break;
  }
  return bodies;
}
