import { named, once } from '../lazy.ts';
import {
  type Body,
  bodyFrom,
  cloneBody,
  hasContent,
  type Message,
  messageBodyClass,
  messages,
} from './body.ts';
import { headersClass } from './headers.ts';
import { bodyNotAllowed, methodInvalid, notAUrl } from './messages.ts';
import { parseUrl } from './url-parser.ts';
import { urlText } from './url-record.ts';

interface Facts extends Message {
  readonly method: string;
  readonly url: string;
  readonly redirect: string;
  readonly credentials: string;
  readonly signal: unknown;
}

/** What a constructor takes beside the URL; other options mean nothing without a network. */
interface Init {
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly redirect?: unknown;
  readonly credentials?: unknown;
  readonly signal?: unknown;
}

const usual = /^(?:delete|get|head|options|post|put)$/i;

function methodOf(value: unknown): string {
  const method = String(value);
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method) || /^(?:connect|trace|track)$/i.test(method))
    throw methodInvalid(method);
  return usual.test(method) ? method.toUpperCase() : method;
}

function urlOf(value: unknown): string {
  const url = parseUrl(String(value));
  if (url?.username !== '' || url.password !== '') throw notAUrl(value);
  return urlText(url);
}

function bodyOf(init: Init, from: Facts | undefined): Body {
  if (init.body !== undefined || !from) return bodyFrom(init.body);
  // Its type is among the headers already, unless those were replaced.
  const body = { ...cloneBody(from), type: undefined };
  // A request made of another takes its body along.
  if (hasContent(from.body)) from.body.used = 'yes';
  return body;
}

function factsOf(input: unknown, init: Init): Facts {
  const from =
    typeof input === 'object' && input !== null ? (messages.get(input) as Facts | undefined) : undefined;
  const method = init.method === undefined ? (from?.method ?? 'GET') : methodOf(init.method);
  const body = bodyOf(init, from);
  if (hasContent(body) && (method === 'GET' || method === 'HEAD'))
    throw bodyNotAllowed(`A ${method} request`);
  const headers = new (headersClass())((init.headers as Headers | undefined) ?? from?.headers);
  if (body.type !== undefined && !headers.has('content-type')) headers.set('content-type', body.type);
  return {
    method,
    url: from ? from.url : urlOf(input),
    headers,
    body,
    redirect: String(init.redirect ?? from?.redirect ?? 'follow'),
    credentials: String(init.credentials ?? from?.credentials ?? 'same-origin'),
    signal: init.signal ?? from?.signal ?? null,
  };
}

export const requestClass: () => typeof Request = once(() => {
  class WorkflowRequest extends messageBodyClass() {
    constructor(input: unknown, init: Init = {}) {
      super();
      messages.set(this, factsOf(input, init));
    }
    clone(): WorkflowRequest {
      const facts = messages.get(this) as Facts;
      const copy = new WorkflowRequest('about:blank');
      messages.set(copy, {
        ...facts,
        headers: new (headersClass())(facts.headers),
        body: cloneBody(facts),
      } as Facts);
      return copy;
    }
  }
  for (const name of ['method', 'url', 'redirect', 'credentials', 'signal'] as const) {
    const get = function (this: object): unknown {
      return (messages.get(this) as Facts)[name];
    };
    Object.defineProperty(WorkflowRequest.prototype, name, { get, configurable: true, enumerable: true });
  }
  return named(WorkflowRequest, 'Request') as unknown as typeof Request;
});
