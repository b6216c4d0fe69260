/** How Headers, Request and Response of a workflow cross. */

import type { StoredType } from '../../payload/codec.ts';
import {
  bodyIn,
  fieldOf,
  headerPairs,
  type RequestRecord,
  type ResponseRecord,
} from '../../payload/web-record.ts';
import { bodyNotSerializable } from '../../payload-messages.ts';
import { messages } from './body.ts';
import { headersClass } from './headers.ts';
import { requestClass } from './request.ts';
import { responseClass, responseWith } from './response.ts';

function bodyOf(value: object, name: string): ArrayBuffer | ReadableStream | undefined {
  const { body } = messages.get(value)!;
  if (body.used === 'yes') throw bodyNotSerializable(`a ${name} whose body was read`);
  return body.bytes ? body.bytes.slice().buffer : body.stream;
}

export const webTypes: Readonly<Record<'Headers' | 'Response' | 'Request', StoredType>> = {
  Headers: {
    reduce: (value, tag) => (tag === 'Headers' && value instanceof headersClass() ? [...value] : undefined),
    revive: (data) => new (headersClass())(headerPairs(data)),
  },

  Response: {
    reduce(value, tag): ResponseRecord | undefined {
      if (tag !== 'Response' || !(value instanceof responseClass())) return undefined;
      const { status, statusText, url, headers } = value;
      return { status, statusText, url, headers: [...headers], body: bodyOf(value, tag) };
    },
    revive(data): Response {
      const record = data as ResponseRecord;
      const facts = {
        status: fieldOf(record, 'status', 'number'),
        statusText: fieldOf(record, 'statusText', 'string'),
        url: fieldOf(record, 'url', 'string'),
        headers: new (headersClass())(headerPairs(record.headers)),
      };
      return responseWith(facts, bodyIn(record));
    },
  },

  Request: {
    reduce(value, tag): RequestRecord | undefined {
      if (tag !== 'Request' || !(value instanceof requestClass())) return undefined;
      const { method, url, headers, redirect, credentials } = value;
      return { method, url, headers: [...headers], redirect, credentials, body: bodyOf(value, tag) };
    },
    revive(data): Request {
      const record = data as RequestRecord;
      return new (requestClass())(fieldOf(record, 'url', 'string'), {
        method: fieldOf(record, 'method', 'string'),
        headers: headerPairs(record.headers),
        body: bodyIn(record),
        redirect: fieldOf(record, 'redirect', 'string') as RequestInit['redirect'],
        credentials: fieldOf(record, 'credentials', 'string') as RequestInit['credentials'],
      });
    },
  },
};
