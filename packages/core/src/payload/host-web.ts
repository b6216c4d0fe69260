/**
 * Headers, Request and Response on the host.
 *
 * Their bodies are read asynchronously, writing a payload is not: `gatherBodies` writes once to find the bodies, reads
 * them, and writes again. A value without any of them is written once, synchronously.
 */
import { bodyNotSerializable, payloadTooLarge } from '../messages.ts';
import type { StoredType } from './codec.ts';
import { payloadBytesMax } from './limits.ts';
import { fieldOf, headerPairs, type RequestRecord, type ResponseRecord } from './web-record.ts';

type Message = Request | Response;

const bodies = new WeakMap<Message, ArrayBuffer>();
/** Messages whose bodies are to be read, while a writing looks for them. */
let unread: Set<Message> | undefined;

function bodyOf(message: Message): ArrayBuffer | undefined {
  if (message.body === null && !message.bodyUsed) return undefined;
  const read = bodies.get(message);
  if (read) return read;
  const name = message instanceof Response ? 'a Response' : 'a Request';
  if (message.bodyUsed) throw bodyNotSerializable(`${name} whose body was read`);
  if (!unread) throw bodyNotSerializable(`the body of ${name} here`);
  unread.add(message);
  return undefined;
}

async function readBody(message: Message): Promise<void> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of message.clone().body!) {
    length += part.byteLength;
    if (length > payloadBytesMax) throw payloadTooLarge(payloadBytesMax);
    parts.push(part);
  }
  // A copy of its own: small Buffers share a pool.
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  bodies.set(message, bytes.buffer);
}

/** Runs `write` until every body in its value is read. */
export function gatherBodies(write: () => string): string | Promise<string> {
  const found = new Set<Message>();
  unread = found;
  let text: string;
  try {
    text = write();
  } finally {
    unread = undefined;
  }
  if (found.size === 0) return text;
  return Promise.all(Array.from(found, readBody)).then(write);
}

function reviveResponse(data: unknown): Response {
  const record = data as ResponseRecord;
  const status = fieldOf(record, 'status', 'number');
  const init = {
    status,
    statusText: fieldOf(record, 'statusText', 'string'),
    headers: headerPairs(record.headers),
  };
  const body = record.body instanceof ArrayBuffer ? record.body : null;
  const response = status === 0 ? Response.error() : new Response(body, init);
  Object.defineProperty(response, 'url', { value: fieldOf(record, 'url', 'string'), configurable: true });
  return response;
}

function reviveRequest(data: unknown): Request {
  const record = data as RequestRecord;
  return new Request(fieldOf(record, 'url', 'string'), {
    method: fieldOf(record, 'method', 'string'),
    headers: headerPairs(record.headers),
    body: record.body instanceof ArrayBuffer ? record.body : null,
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
