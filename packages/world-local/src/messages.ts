/**
 * What processes that do not drive leave in the inbox, and what the driver answers.
 *
 * A message is a file `<time>-<random>.json`, so that names sort by time; its reply has the same name with
 * `.reply`. Both appear whole, by a rename. Applying a message twice adds nothing: creation is idempotent by
 * run id, sending by key, and an append to a stream by its request.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CreateOptions,
  type CreateResult,
  type Event,
  type EventOf,
  type Payload,
  type SendOptions,
  type SendResult,
  type SentEvent,
  WorldError,
  type WorldErrorCode,
  type WorldErrorOptions,
} from '@perdure/world';
import { fileMode, NO_FOLLOW } from './layout.ts';
import { decodeData, decodePayload, encodeData, encodePayload } from './lines.ts';
import { REQUEST_BYTES } from './stream-frames.ts';

export type Message =
  | ({ readonly kind: 'create'; readonly event: EventOf<'run_created'> } & Omit<CreateOptions, 'claimFor'>)
  | ({ readonly kind: 'send'; readonly runId: string; readonly event: SentEvent } & Omit<
      SendOptions,
      'claimFor'
    >)
  | StreamMessage;

export type StreamMessage =
  | {
      readonly kind: 'append-stream';
      readonly runId: string;
      readonly name: string;
      readonly chunks: readonly Payload[];
      /** 16 bytes by which a request is known that was answered before. */
      readonly request?: Buffer;
    }
  | { readonly kind: 'close-stream'; readonly runId: string; readonly name: string };

export interface StreamTail {
  readonly tail: number;
}

export type Answer = CreateResult | SendResult | StreamTail;

const messagePattern = /^\d{15}-[0-9a-f-]{36}\.json$/;
const replyPattern = /^\d{15}-[0-9a-f-]{36}\.reply$/;

export function newMessageName(): string {
  return `${String(Date.now()).padStart(15, '0')}-${randomUUID()}.json`;
}

export function replyNameOf(messageName: string): string {
  return messageName.replace(/json$/, 'reply');
}

export function isMessageName(name: string): boolean {
  return messagePattern.test(name);
}

/** When the message of a left-over file was written; undefined for a file that is none of the inbox's. */
export function timeOfLeftOver(name: string): number | undefined {
  const isOurs = replyPattern.test(name) || name.endsWith('.tmp');
  return isOurs ? Number(name.slice(0, 15)) || 0 : undefined;
}

/** Writes a file that others see whole or not at all. */
export function writeWhole(directory: string, name: string, text: string): void {
  const temporary = join(directory, `${name}.${randomUUID()}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
  const fd = openSync(temporary, flags, fileMode);
  try {
    writeFileSync(fd, text);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, join(directory, name));
}

/** The text of a file that is no link. */
export function readWhole(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | NO_FOLLOW);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

export function encodeMessage(message: Message): string {
  switch (message.kind) {
    case 'close-stream':
      return JSON.stringify(message);
    case 'append-stream':
      return JSON.stringify({
        ...message,
        chunks: message.chunks.map(encodePayload),
        request: message.request?.toString('hex'),
      });
    default:
      return JSON.stringify({ ...message, event: encodeOf(message.event) });
  }
}

/** Only the shape that is ours is looked at here: what it asks for is checked where it is applied. */
export function decodeMessage(text: string): Message {
  const message = JSON.parse(text) as Record<string, unknown>;
  const { kind, event, wakeAt, onConflict } = message;
  const runId = String(message.runId);
  const name = String(message.name);
  switch (kind) {
    case 'create': {
      const options = { wakeAt, onConflict } as Omit<CreateOptions, 'claimFor'>;
      return { kind, event: decodeOf(event) as never, ...options };
    }
    case 'send':
      return { kind, event: decodeOf(event) as never, runId, after: message.after as number | undefined };
    case 'append-stream':
      return { kind, runId, name, chunks: chunksOf(message.chunks), request: requestOf(message.request) };
    case 'close-stream':
      return { kind, runId, name };
    default:
      throw new Error(`a message of unknown kind ${JSON.stringify(kind)}`);
  }
}

function chunksOf(chunks: unknown): Payload[] {
  if (!Array.isArray(chunks)) throw new Error('no list of chunks');
  return chunks.map((chunk) => decodePayload(chunk) as Payload);
}

function requestOf(request: unknown): Buffer {
  const bytes = Buffer.from(String(request), 'hex');
  if (bytes.length !== REQUEST_BYTES) throw new Error('a request without its name');
  return bytes;
}

export function encodeAnswer(answer: Answer): string {
  return JSON.stringify('event' in answer ? { ...answer, event: encodeOf(answer.event) } : answer);
}

export function encodeRefusal(error: unknown): string {
  const { code, message, hint, ownerRunId } = WorldError.is(error)
    ? error
    : { code: 'DATA_UNREADABLE', message: String((error as Error)?.message ?? error), hint: '' };
  return JSON.stringify({ refused: { code, message, hint, ownerRunId } });
}

/** The answer of a reply; throws the error that the driver met. */
export function decodeReply(text: string): Answer {
  const reply = JSON.parse(text) as {
    refused?: WorldErrorOptions & { readonly code: WorldErrorCode; readonly message: string };
  };
  if (reply.refused) throw new WorldError(reply.refused.code, reply.refused.message, reply.refused);
  const answer = reply as unknown as Answer;
  return 'event' in answer ? { ...answer, event: decodeOf(answer.event) as Event } : answer;
}

function encodeOf<E extends Event | SentEvent>(event: E): E {
  return { ...event, eventData: encodeData(event.eventData) };
}

function decodeOf(event: unknown): unknown {
  const record = event as { eventType?: unknown; eventData?: unknown } | null | undefined;
  if (record?.eventData === undefined) return record;
  return { ...record, eventData: decodeData(record.eventType, record.eventData) };
}
