/**
 * Bodies of Request and Response, to be read once: bytes that are there already, or a stream of a run, whose bytes a
 * step of the engine brings when they are asked for.
 */
import { runBuiltin } from '../builtin-steps.ts';
import { once } from '../lazy.ts';
import { nextWord } from '../random.ts';
import { blobClass, blobContent, bytesCopy } from './blob.ts';
import { formDataClass, formPairs, multipartBytes, parseMultipart } from './form-data.ts';
import { bodyUsed, notForm } from './messages.ts';
import { parseForm, searchParamsClass } from './search-params.ts';
import { bodyStream, isStream } from './streams.ts';
import { encodeUtf8, utf8Text } from './utf8.ts';

export interface Body {
  /** Undefined when there is none. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** What the kind of body says of its type. */
  readonly type: string | undefined;
  used: 'no' | 'yes';
  /** What `body` shows of bytes; of a stream, the stream of the run. */
  stream: ReadableStream | undefined;
}

/** Whether there is anything to read. */
export function hasContent(body: Body): boolean {
  return body.bytes !== undefined || body.stream !== undefined;
}

/** What `body` of a message showed, by what stands for its bytes. */
const shown = new WeakMap<object, Body>();

export interface Message {
  readonly body: Body;
  readonly headers: Headers;
}

/** Of each Request and Response made in this workflow. */
export const messages: WeakMap<object, Message> = new WeakMap();

/** Throws a TypeError for what is no body in a workflow. */
export function bodyFrom(init: unknown): Body {
  const body = (bytes: Uint8Array<ArrayBuffer> | undefined, type?: string): Body => {
    return { bytes, type, used: 'no', stream: undefined };
  };
  if (init === undefined || init === null) return body(undefined);
  const copy = bytesCopy(init);
  if (copy) return body(copy);
  const blob = blobContent(init);
  if (blob) return body(blob.bytes, blob.type || undefined);
  if (init instanceof searchParamsClass())
    return body(encodeUtf8(String(init)), 'application/x-www-form-urlencoded;charset=UTF-8');
  const pairs = formPairs(init);
  if (pairs) {
    const boundary = `----perdure${nextWord().toString(16)}${nextWord().toString(16)}`;
    return body(multipartBytes(pairs, boundary), `multipart/form-data; boundary=${boundary}`);
  }
  if (isStream(init)) return streamed(init);
  return body(encodeUtf8(String(init)), 'text/plain;charset=UTF-8');
}

/** The stream of a run, or the bytes of a message that had them. Throws a TypeError when those were read. */
function streamed(stream: ReadableStream): Body {
  const owner = shown.get(stream);
  if (!owner) return { bytes: undefined, type: undefined, used: 'no', stream };
  if (owner.used === 'yes') throw bodyUsed();
  owner.used = 'yes';
  return { bytes: owner.bytes, type: undefined, used: 'no', stream: undefined };
}

/** A message of its own with the same bytes. Throws a TypeError when they were read. */
export function cloneBody({ body }: Message): Body {
  if (body.used === 'yes') throw bodyUsed();
  return { ...body, stream: body.bytes ? undefined : body.stream };
}

async function take(self: object): Promise<Uint8Array<ArrayBuffer>> {
  const { body } = messages.get(self)!;
  if (!hasContent(body)) return new Uint8Array();
  if (body.used === 'yes') throw bodyUsed();
  body.used = 'yes';
  return body.bytes ?? runBuiltin<Uint8Array<ArrayBuffer>>('readStream', body.stream);
}

async function takeForm(self: object): Promise<FormData> {
  const type = messages.get(self)!.headers.get('content-type') ?? '';
  const bytes = await take(self);
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    const form = new (formDataClass())();
    for (const [name, value] of parseForm(utf8Text(bytes))) form.append(name, value);
    return form;
  }
  const [, quoted, plain] = /^multipart\/form-data\b.*;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw notForm();
  return parseMultipart(bytes, boundary);
}

interface BodyReaders {
  readonly body: ReadableStream | null;
  readonly bodyUsed: boolean;
  readonly headers: Headers;
  text(): Promise<string>;
  json(): Promise<unknown>;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array>;
  blob(): Promise<Blob>;
  formData(): Promise<FormData>;
}

/** What Request and Response inherit from. */
export const messageBodyClass: () => new () => BodyReaders = once(
  () =>
    class MessageBody {
      get body(): ReadableStream | null {
        const { body } = messages.get(this)!;
        if (!hasContent(body)) return null;
        if (!body.stream) {
          body.stream = bodyStream();
          shown.set(body.stream, body);
        }
        return body.stream;
      }
      get bodyUsed(): boolean {
        return messages.get(this)!.body.used === 'yes';
      }
      get headers(): Headers {
        return messages.get(this)!.headers;
      }
      async text(): Promise<string> {
        return utf8Text(await take(this)).replace(/^\ufeff/, '');
      }
      async json(): Promise<unknown> {
        return JSON.parse(await this.text());
      }
      async arrayBuffer(): Promise<ArrayBuffer> {
        return (await take(this)).slice().buffer;
      }
      async bytes(): Promise<Uint8Array> {
        return (await take(this)).slice();
      }
      async blob(): Promise<Blob> {
        const type = messages.get(this)!.headers.get('content-type') ?? '';
        return new (blobClass())([await take(this)], { type });
      }
      formData(): Promise<FormData> {
        return takeForm(this);
      }
    },
);
