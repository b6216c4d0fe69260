/** Webhooks: hooks with a URL, whose payloads are requests. */
import { responseExpected } from '../channel-messages.ts';
import type { ReplyPlace, WebhookMetadata, WebhookPayload } from '../webhook-record.ts';
import { webhookPath } from '../webhook-record.ts';
import { runBuiltin } from './builtin-steps.ts';
import { GuestHook, type Hook } from './hook.ts';
import { nextToken } from './random.ts';
import { init, storedTypes } from './state.ts';

/** A request that came to a webhook; `respondWith` answers it where the webhook was made with `respondWith: 'manual'`. */
export interface WebhookRequest extends Request {
  respondWith(response: Response): Promise<void>;
}

/** A hook that yields requests; `url` is where they are sent. */
export interface Webhook extends Hook<WebhookRequest> {
  readonly url: string;
}

export interface WebhookOptions {
  /** The answer to every request, or `'manual'`. Default: 202 without a body. */
  readonly respondWith?: Response | 'manual';
  readonly metadata?: unknown;
}

const replies = new WeakMap<object, ReplyPlace>();

function answerable(request: object, reply: ReplyPlace | undefined): WebhookRequest {
  const respondWith = async (response: Response): Promise<void> => {
    if (!reply || !(response instanceof Response)) throw responseExpected();
    return runBuiltin('respondToWebhook', reply, response);
  };
  if (reply) replies.set(request, reply);
  return Object.defineProperty(request, 'respondWith', { value: respondWith }) as WebhookRequest;
}

/** Makes an unguessable URL at which this run takes requests. */
export function createWebhook(options: WebhookOptions = {}): Webhook {
  const { respondWith, metadata } = options;
  const reply = respondWith === undefined ? 'default' : respondWith === 'manual' ? 'manual' : 'static';
  const facts: WebhookMetadata = {
    reply,
    ...(reply === 'static' ? { response: respondWith } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  };
  const token = `whk_${nextToken()}`;
  const hook = new GuestHook<WebhookRequest>({ token, metadata: facts }, (payload) => {
    const { request, reply: place } = payload as WebhookPayload;
    return answerable(request as object, place);
  });
  const url = `${init.publicUrl}${webhookPath}${token}`;
  return Object.defineProperty(hook, 'url', { value: url, enumerable: true }) as unknown as Webhook;
}

// Looked at before Request, which it is, too.
const plain = storedTypes.Request!;
delete storedTypes.Request;
storedTypes.WebhookRequest = {
  reduce(value, tag) {
    const reply = replies.get(value);
    return reply ? { ...plain.reduce(value, tag), reply } : undefined;
  },
  revive(data) {
    return answerable(plain.revive(data) as object, (data as { reply?: ReplyPlace }).reply);
  },
};
storedTypes.Request = plain;
