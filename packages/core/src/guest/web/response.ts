import { named, once } from '../lazy.ts';
import { bodyFrom, cloneBody, hasContent, type Message, messageBodyClass, messages } from './body.ts';
import { headersClass } from './headers.ts';
import { bodyNotAllowed, notAUrl, statusInvalid } from './messages.ts';
import { parseUrl } from './url-parser.ts';
import { urlText } from './url-record.ts';

interface Facts extends Message {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly type: string;
}

interface Init {
  readonly status?: unknown;
  readonly statusText?: unknown;
  readonly headers?: unknown;
}

const bodyless = new Set([204, 205, 304]);
const redirects = new Set([301, 302, 303, 307, 308]);

function factsOf(content: unknown, init: Init): Facts {
  const status = init.status === undefined ? 200 : Math.trunc(Number(init.status));
  if (!(status >= 200 && status <= 599)) throw statusInvalid(init.status);
  const body = bodyFrom(content);
  if (hasContent(body) && bodyless.has(status)) throw bodyNotAllowed(`A response with status ${status}`);
  const headers = new (headersClass())(init.headers as Headers | undefined);
  if (body.type !== undefined && !headers.has('content-type')) headers.set('content-type', body.type);
  return { status, statusText: String(init.statusText ?? ''), headers, body, url: '', type: 'default' };
}

function redirectTarget(value: unknown): string {
  const url = parseUrl(String(value));
  if (!url) throw notAUrl(value);
  return urlText(url);
}

export const responseClass: () => typeof Response = once(() => {
  class WorkflowResponse extends messageBodyClass() {
    constructor(body?: unknown, init: Init = {}) {
      super();
      messages.set(this, factsOf(body, init));
    }
    static json(data: unknown, init: Init = {}): WorkflowResponse {
      const text = JSON.stringify(data);
      if (text === undefined) throw new TypeError('Expected data for Response.json().');
      const headers = new (headersClass())(init.headers as Headers | undefined);
      if (!headers.has('content-type')) headers.set('content-type', 'application/json');
      return new WorkflowResponse(text, { ...init, headers });
    }
    static error(): WorkflowResponse {
      const response = new WorkflowResponse();
      messages.set(response, { ...messages.get(response)!, status: 0, type: 'error' } as Facts);
      return response;
    }
    static redirect(url: unknown, status: unknown = 302): WorkflowResponse {
      if (!redirects.has(Number(status))) throw statusInvalid(status);
      return new WorkflowResponse(null, { status, headers: { location: redirectTarget(url) } });
    }
    get ok(): boolean {
      const { status } = messages.get(this) as Facts;
      return status >= 200 && status <= 299;
    }
    get redirected(): boolean {
      return false;
    }
    clone(): WorkflowResponse {
      const facts = messages.get(this) as Facts;
      const copy = new WorkflowResponse();
      messages.set(copy, {
        ...facts,
        headers: new (headersClass())(facts.headers),
        body: cloneBody(facts),
      } as Facts);
      return copy;
    }
  }
  for (const name of ['status', 'statusText', 'url', 'type'] as const) {
    const get = function (this: object): unknown {
      return (messages.get(this) as Facts)[name];
    };
    Object.defineProperty(WorkflowResponse.prototype, name, { get, configurable: true, enumerable: true });
  }
  return named(WorkflowResponse, 'Response') as unknown as typeof Response;
});

/** A response as it was elsewhere: any status, with its URL. */
export function responseWith(
  facts: Pick<Facts, 'status' | 'statusText' | 'url' | 'headers'>,
  content: unknown,
): Response {
  const response = new (responseClass())();
  const type = facts.status === 0 ? 'error' : 'default';
  messages.set(response, { ...facts, type, body: { ...bodyFrom(content), type: undefined } } as Facts);
  return response;
}
