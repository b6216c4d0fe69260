/**
 * Headers, Request and Response on the host.
 *
 * Their bodies are read asynchronously, writing a payload is not: `gatherBodies` writes once to find the bodies, reads
 * them, and writes again. A value without any of them is written once, synchronously. A body that is longer than
 * `inlineBodyBytesMax` becomes a stream of the run; one that is a stream of a run already crosses as that.
 */
import { bodyNotSerializable } from '../payload-messages.ts';
import { placeOf } from '../stream-place.ts';
import type { StoredType } from './codec.ts';
import { joinedBytes } from './joined-bytes.ts';
import { inlineBodyBytesMax } from './limits.ts';
import { type Publisher, publishingThrough } from './publishing.ts';
import { bodyIn, fieldOf, headerPairs, type RequestRecord, type ResponseRecord } from './web-record.ts';

type Message = Request | Response;

const bodies = new WeakMap<Message, ArrayBuffer | ReadableStream>();
/** Messages whose bodies are to be read, while a writing looks for them. */
let unread: Set<Message> | undefined;

function bodyOf(message: Message): ArrayBuffer | ReadableStream | undefined {
  if (message.body === null && !message.bodyUsed) return undefined;
  const read = bodies.get(message);
  if (read) return read;
  const name = message instanceof Response ? 'a Response' : 'a Request';
  if (message.bodyUsed) throw bodyNotSerializable(`${name} whose body was read`);
  if (placeOf(message.body!)) return message.body!;
  if (!unread) throw bodyNotSerializable(`the body of ${name} here`);
  unread.add(message);
  return undefined;
}

/** Reads a body as far as it is kept among the values; what is longer stays a stream. */
async function readBody(message: Message): Promise<void> {
  const reader = message.clone().body!.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length <= inlineBodyBytesMax) {
    const { done, value } = await reader.read();
    if (done) {
      bodies.set(message, joinedBytes(parts, length).buffer);
      return;
    }
    length += value.byteLength;
    parts.push(value);
  }
  // Nobody reads it there any more, and it would be kept in memory as a whole.
  void message.body!.cancel();
  bodies.set(message, streamOf(parts, reader));
}

function streamOf(parts: Uint8Array[], rest: ReadableStreamDefaultReader<Uint8Array>): ReadableStream {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part = parts.shift();
        if (part) return controller.enqueue(part);
        const { done, value } = await rest.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => rest.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Runs `write` until every body in its value is read. */
export function gatherBodies(publisher: Publisher, write: () => string): string | Promise<string> {
  const found = new Set<Message>();
  unread = found;
  let text: string;
  try {
    text = publishingThrough(publisher, write);
  } finally {
    unread = undefined;
  }
  if (found.size === 0) return text;
  return Promise.all(Array.from(found, readBody)).then(() => publishingThrough(publisher, write));
}

function reviveResponse(data: unknown): Response {
  const record = data as ResponseRecord;
  const status = fieldOf(record, 'status', 'number');
  const init = {
    status,
    statusText: fieldOf(record, 'statusText', 'string'),
    headers: headerPairs(record.headers),
  };
  const body = bodyIn(record);
  const response = status === 0 ? Response.error() : new Response(body, init);
  Object.defineProperty(response, 'url', { value: fieldOf(record, 'url', 'string'), configurable: true });
  return response;
}

function reviveRequest(data: unknown): Request {
  const record = data as RequestRecord;
  const body = bodyIn(record);
  return new Request(fieldOf(record, 'url', 'string'), {
    method: fieldOf(record, 'method', 'string'),
    headers: headerPairs(record.headers),
    body,
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    redirect: fieldOf(record, 'redirect', 'string') as RequestInit['redirect'],
    credentials: fieldOf(record, 'credentials', 'string') as RequestInit['credentials'],
  });
}

export const hostWebTypes: Record<string, StoredType> = {
  Headers: {
    reduce: (value, tag) => (tag === 'Headers' && value instanceof Headers ? [...value] : undefined),
    revive: (data) => new Headers(headerPairs(data)),
  },
  Response: {
    reduce(value, tag): ResponseRecord | undefined {
      if (tag !== 'Response' || !(value instanceof Response)) return undefined;
      const { status, statusText, url, headers } = value;
      return { status, statusText, url, headers: [...headers], body: bodyOf(value) };
    },
    revive: reviveResponse,
  },
  Request: {
    reduce(value, tag): RequestRecord | undefined {
      if (tag !== 'Request' || !(value instanceof Request)) return undefined;
      const { method, url, headers, redirect, credentials } = value;
      return { method, url, headers: [...headers], redirect, credentials, body: bodyOf(value) };
    },
    revive: reviveRequest,
  },
};
