/** The HTTP side of webhooks: a request becomes a payload, the answer comes as the webhook says. */

import { webhookBodyTooLarge, webhookUnanswered } from './channel-messages.ts';
import type { Client } from './client.ts';
import { HookNotFoundError } from './errors.ts';
import { ulid } from './ulid.ts';
import type { ReplyPlace, WebhookMetadata } from './webhook-record.ts';
import { webhookPath, webhookToken } from './webhook-record.ts';

const bodyBytesMax = 10 * 2 ** 20;

/** The request with its body read, bounded. Throws `LimitError`. */
async function bounded(request: Request): Promise<Request> {
  if (!request.body) return request;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body) {
    length += part.byteLength;
    if (length > bodyBytesMax) throw webhookBodyTooLarge(bodyBytesMax);
    parts.push(part);
  }
  const { method, headers } = request;
  return new Request(request.url, { method, headers, body: Buffer.concat(parts) });
}

/**
 * Gives a request to the webhook with a token, and its answer.
 *
 * Throws `HookNotFoundError` for a token that is unknown, disposed or no webhook's, `LimitError`, and
 * WEBHOOK_UNANSWERED when the run ends before somebody answered.
 */
export async function resumeWebhook(client: Client, token: string, request: Request): Promise<Response> {
  if (!webhookToken.test(token)) throw new HookNotFoundError('this token');
  const { runId, metadata } = await client.hookByToken(token, 'as stored');
  const { reply: mode, response } = metadata as WebhookMetadata;
  const id = ulid(Date.now());
  const reply: ReplyPlace | undefined = mode === 'manual' ? { runId, name: `webhook ${id}` } : undefined;
  await client.resumeHook(token, { request: await bounded(request), ...(reply ? { reply } : {}) }, { id });
  if (mode === 'static') return (response as Response).clone();
  if (!reply) return new Response(null, { status: 202 });
  const reader = client.readable<Response>(reply).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  if (!value) throw webhookUnanswered(runId);
  return value;
}

/** Answers requests to this package's routes; undefined for any other path. Errors carry no paths, stacks or payloads. */
export async function handleRequest(client: Client, request: Request): Promise<Response | undefined> {
  const { pathname } = new URL(request.url);
  if (!pathname.startsWith(webhookPath)) return undefined;
  try {
    return await resumeWebhook(client, pathname.slice(webhookPath.length), request);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (HookNotFoundError.is(error))
      return Response.json({ error: 'There is no such webhook.' }, { status: 404 });
    if (code === 'WEBHOOK_BODY_TOO_LARGE')
      return Response.json({ error: 'The body is too large.' }, { status: 413 });
    if (code === 'WEBHOOK_UNANSWERED') return Response.json({ error: 'Nobody answered.' }, { status: 502 });
    return Response.json({ error: 'The request could not be taken.' }, { status: 500 });
  }
}
