/** Events as rows: the data as JSON, bytes of a payload as `{ "base64": ... }` in its place. */
import { createHash } from 'node:crypto';
import {
  type Event,
  eventIdOf,
  isEvent,
  type Payload,
  payloadFieldsOf,
  type SentEvent,
} from '@perdure/world';
import { rowDamaged } from './messages.ts';

/** A row of the table of events, as it is read. */
export interface EventRow {
  readonly version: number;
  readonly event_type: string;
  readonly correlation_id: string | null;
  readonly key: string | null;
  readonly created_at: number;
  /** JSON text, or what it says. */
  readonly data: string | object;
}

/** What an `EventRow` has, of a table by its name in the statement. */
export function eventColumns(table: string): string {
  return ['version', 'event_type', 'correlation_id', 'key', 'created_at', 'data']
    .map((column) => `${table}.${column}`)
    .join(', ');
}

/** An event as the functions of the schema take it; `data` is JSON text within JSON. */
export interface WrittenEvent {
  readonly v: number;
  readonly type: string;
  readonly id?: string;
  readonly key?: string;
  readonly subject?: string;
  readonly at: number;
  readonly data: string;
}

export function writtenEvent(event: Event): WrittenEvent {
  const { version, eventType, correlationId, key, createdAt } = event;
  return {
    v: version,
    type: eventType,
    id: correlationId,
    key,
    subject: subjectOf(event),
    at: createdAt,
    data: dataText(event),
  };
}

/** What an event may be about once per run and type; undefined where the projection alone tells. */
export function subjectOf({ eventType, correlationId, eventData }: SentEvent | Event): string | undefined {
  if (eventType === 'child_completed') return (eventData as { childRunId: string }).childRunId;
  if (eventType === 'run_started') return 'run';
  const once =
    eventType.startsWith('wait_') || eventType === 'abort_requested' || eventType === 'child_started';
  return once ? correlationId : undefined;
}

export function dataText({ eventType, eventData }: Pick<Event, 'eventType' | 'eventData'>): string {
  let data = eventData as Readonly<Record<string, unknown>>;
  for (const name of payloadFieldsOf.get(eventType) ?? []) {
    const value = data[name];
    if (value instanceof Uint8Array)
      data = {
        ...data,
        [name]: { base64: Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64') },
      };
  }
  return JSON.stringify(data);
}

/** Throws DATA_DAMAGED for a row that is no event. */
export function eventOf(runId: string, row: EventRow): Event {
  const { version, event_type: eventType, correlation_id: correlationId, key, created_at: createdAt } = row;
  const event: Record<string, unknown> = {
    runId,
    eventId: eventIdOf(version),
    version,
    eventType,
    createdAt,
  };
  event.eventData = dataOf(runId, row);
  if (correlationId !== null) event.correlationId = correlationId;
  if (key !== null) event.key = key;
  if (isEvent(event as unknown as Event)) return event as unknown as Event;
  throw rowDamaged('events', `run ${runId}, version ${version}`, 'fields that no event has');
}

function dataOf(runId: string, { version, event_type: type, data: text }: EventRow): unknown {
  try {
    const data = (typeof text === 'string' ? JSON.parse(text) : text) as Record<string, unknown>;
    for (const name of payloadFieldsOf.get(type) ?? []) {
      const value = data[name];
      if (typeof value === 'object' && value !== null) data[name] = bytesOf(value as { base64?: unknown });
    }
    return data;
  } catch (cause) {
    throw rowDamaged(
      'events',
      `run ${runId}, version ${version}`,
      cause instanceof Error ? cause.message : String(cause),
    );
  }
}

/** What is no base64 stays as it is, and is then no payload. */
function bytesOf(value: { readonly base64?: unknown }): Payload | object {
  return typeof value.base64 === 'string' ? new Uint8Array(Buffer.from(value.base64, 'base64')) : value;
}

/** Hex of the SHA-256 under which tokens and keys, any text, are indexed. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('hex');
}
