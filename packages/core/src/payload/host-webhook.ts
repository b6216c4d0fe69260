/** Requests of webhooks on the host: a step may answer them. */
import { responseExpected } from '../channel-messages.ts';
import type { ReplyPlace } from '../webhook-record.ts';
import { hostWebTypes } from './host-web.ts';
import { currentReader } from './reading.ts';
import type { StoredType } from './realm.ts';

const replies = new WeakMap<object, ReplyPlace>();
const plain = hostWebTypes.Request!;

/** Comes before the plain Request, which such a request is, too. */
export const hostWebhookTypes: Record<string, StoredType> = {
  WebhookRequest: {
    reduce(value, tag) {
      const reply = replies.get(value);
      return reply ? { ...plain.reduce(value, tag), reply } : undefined;
    },
    revive(data) {
      const request = plain.revive(data) as object;
      const { reply } = data as { reply?: ReplyPlace };
      if (reply) replies.set(request, reply);
      const reader = currentReader();
      const respondWith = async (response: Response): Promise<void> => {
        if (!reply || !(response instanceof Response)) throw responseExpected();
        await reader.respond(reply, response);
      };
      return Object.defineProperty(request, 'respondWith', { value: respondWith });
    },
  },
};
