/** The HTTP side of webhooks: a request becomes a payload, the answer comes as the webhook says. */
import { type BodyLimits, readBody } from './bounded-body.ts';
import { webhookAnswerLate, webhookUnanswered } from './channel-messages.ts';
import type { Client } from './client.ts';
import { HookNotFoundError } from './errors.ts';
import { ulid } from './ulid.ts';
import type { ReplyPlace, WebhookMetadata } from './webhook-record.ts';
import { webhookToken } from './webhook-record.ts';

export interface WebhookTimes {
  /** How long the body of a request may take to arrive, in milliseconds. */
  readonly timeoutMs: number;
  /** How long a caller is kept waiting for a `respondWith`, in milliseconds. */
  readonly answerMs: number;
}

export const webhookDefaults: WebhookTimes = { timeoutMs: 60_000, answerMs: 5 * 60_000 };

/** The request with its body read, bounded. Throws `LimitError`. */
async function bounded(request: Request, limits: BodyLimits): Promise<Request> {
  if (!request.body) return request;
  const body = await readBody(request, limits);
  const { method, headers } = request;
  return new Request(request.url, { method, headers, body: Buffer.from(body) });
}

/**
 * Gives a request to the webhook with a token, and its answer.
 *
 * Throws `HookNotFoundError` for a token that is unknown, disposed or no webhook's, `LimitError`, WEBHOOK_UNANSWERED when
 * the run ends before somebody answered, and WEBHOOK_ANSWER_LATE.
 */
export async function resumeWebhook(
  client: Client,
  { token, request }: { readonly token: string; readonly request: Request },
  limits: WebhookTimes & BodyLimits,
): Promise<Response> {
  if (!webhookToken.test(token)) throw new HookNotFoundError('this token');
  const { runId, metadata } = await client.hookByToken(token, 'as stored');
  const { reply: mode, response } = metadata as WebhookMetadata;
  const id = ulid(Date.now());
  const reply: ReplyPlace | undefined = mode === 'manual' ? { runId, name: `webhook ${id}` } : undefined;
  const payload = { request: await bounded(request, limits), ...(reply ? { reply } : {}) };
  await client.resumeHook(token, payload, { id });
  if (mode === 'static') return (response as Response).clone();
  if (!reply) return new Response(null, { status: 202 });
  return answerAt(client, reply, { signal: request.signal, answerMs: limits.answerMs });
}

/** Waits for the answer, as long as the caller and the limit do. */
async function answerAt(
  client: Client,
  reply: ReplyPlace,
  { signal, answerMs }: { readonly signal: AbortSignal; readonly answerMs: number },
): Promise<Response> {
  const reader = client.readable<Response>(reply).getReader();
  const late = Promise.withResolvers<'late'>();
  const stop = (): void => late.resolve('late');
  const timer = setTimeout(stop, answerMs);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const answer = await Promise.race([reader.read(), late.promise]);
    if (answer === 'late') throw webhookAnswerLate(answerMs);
    if (!answer.value) throw webhookUnanswered(reply.runId);
    return answer.value;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await reader.cancel().catch(() => undefined);
  }
}
