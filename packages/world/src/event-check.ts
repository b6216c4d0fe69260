/** Checks and copies of events, all read off the table of fields. */
import { z } from 'zod';
import { type Event, type EventType, eventIdOf, type SendableType, type SentEvent } from './event.ts';
import { eventTypes, fieldsOf, idSchema, isId, needsCorrelation, timeSchema } from './event-fields.ts';

/** The types of event that may come from outside the owner of a run. */
export const sendableTypes: readonly SendableType[] = [
  'hook_received',
  'run_cancelled',
  'run_resumed',
  'wait_completed',
  'attr_set',
  'abort_requested',
  'child_completed',
];

/** Result of checking a record that came from outside: the typed value, or one line saying what is wrong. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

function dataSchemaOf(type: EventType): z.ZodType {
  return z.object(
    Object.fromEntries((fieldsOf.get(type) ?? []).map(([name, field]) => [name, field.schema])),
  );
}

function correlationSchemaOf(type: EventType): z.ZodType {
  return needsCorrelation(type) ? idSchema : idSchema.optional();
}

const eventSchemas = new Map(
  eventTypes.map((type) => [
    type as string,
    z.object({
      runId: idSchema,
      eventId: z.string(),
      version: z.number().int().min(1),
      eventType: z.literal(type),
      correlationId: correlationSchemaOf(type),
      key: idSchema.optional(),
      createdAt: timeSchema,
      eventData: dataSchemaOf(type),
    }) as unknown as z.ZodType<Event>,
  ]),
);

const sentSchemas = new Map(
  sendableTypes.map((type) => [
    type as string,
    z.object({
      eventType: z.literal(type),
      key: idSchema,
      correlationId: correlationSchemaOf(type),
      eventData: dataSchemaOf(type),
    }) as unknown as z.ZodType<SentEvent>,
  ]),
);

function check<T>(schema: z.ZodType<T> | undefined, record: unknown, kind: string): Checked<T> {
  if (!schema) return { ok: false, problem: `unknown ${kind} type ${JSON.stringify(typeOf(record))}` };
  const result = schema.safeParse(record);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  return { ok: false, problem: `${issue?.path.join('.') || kind}: ${issue?.message ?? 'invalid'}` };
}

function typeOf(record: unknown): string {
  const type = (record as { eventType?: unknown } | null | undefined)?.eventType;
  return typeof type === 'string' ? type.slice(0, 80) : '';
}

/** Checks an event read from a file, a row or a message. */
export function parseEvent(record: unknown): Checked<Event> {
  const checked = check(eventSchemas.get(typeOf(record)), record, 'event');
  if (checked.ok && checked.value.eventId !== eventIdOf(checked.value.version)) {
    return {
      ok: false,
      problem: `eventId: expected ${eventIdOf(checked.value.version)}, got ${checked.value.eventId}`,
    };
  }
  return checked;
}

/** Checks an event that is about to enter a history from outside. */
export function parseSentEvent(record: unknown): Checked<SentEvent> {
  return check(sentSchemas.get(typeOf(record)), record, 'sent event');
}

/** The quick form of `parseEvent` for the hot path: whether it would accept; it makes no copy and no message. */
export function isEvent(record: Event): boolean {
  if (typeof record !== 'object' || record === null) return false;
  const fields = fieldsOf.get(record.eventType);
  const data: unknown = record.eventData;
  if (!fields || typeof data !== 'object' || data === null || Array.isArray(data)) return false;
  for (const [name, field] of fields) {
    if (!field.is((data as Record<string, unknown>)[name])) return false;
  }
  const { correlationId, version } = record;
  return (
    isId(record.runId) &&
    Number.isSafeInteger(version) &&
    version >= 1 &&
    record.eventId === eventIdOf(version) &&
    (correlationId === undefined ? !needsCorrelation(record.eventType) : isId(correlationId)) &&
    (record.key === undefined || isId(record.key)) &&
    Number.isFinite(record.createdAt)
  );
}

/**
 * A copy that shares nothing mutable with the original.
 *
 * It holds the fields of the event's type and no others, none of them undefined, and bytes as a plain
 * `Uint8Array`: the shape that reading the event back from a file or a row gives.
 */
export function copyEvent<E extends Event>(event: E): E {
  const data: Record<string, unknown> = {};
  const source = event.eventData as Readonly<Record<string, unknown>>;
  for (const [name, field] of fieldsOf.get(event.eventType) ?? []) {
    const value = source[name];
    if (value !== undefined) data[name] = typeof value === 'object' ? field.copy(value as object) : value;
  }
  const { runId, eventId, version, eventType, correlationId, key, createdAt } = event;
  const copy: Record<string, unknown> = { runId, eventId, version, eventType, createdAt, eventData: data };
  if (correlationId !== undefined) copy.correlationId = correlationId;
  if (key !== undefined) copy.key = key;
  return copy as unknown as E;
}
