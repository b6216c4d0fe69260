/**
 * The events of a history, their schemas, and the names that derive from a version.
 *
 * An event is a plain record. `version` is its 1-based position in the history of its run; `eventId` derives
 * from it and sorts the same way. `createdAt` is in milliseconds since the epoch and never decreases within
 * a history.
 */
import { z } from 'zod';
import { type Payload, payloadSchema } from './payload.ts';

const time = z.number().finite();
const name = z.string().min(1).max(1024);
/** Run ids, correlation ids, event keys and worker names: safe in a file name, a URL and a log line. */
export const idSchema: z.ZodType<string> = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);
/** Hook tokens are user data: any text of 1 to 512 characters. */
export const tokenSchema: z.ZodType<string> = z.string().min(1).max(512);

/** Why a run waits for a repair, and what continues it. */
export interface PauseReason {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** The shape of `eventData` for each event type. */
export interface EventDataByType {
  /** `program` is the content hash of the program the run is pinned to. */
  run_created: { readonly workflowName: string; readonly program: string; readonly input: Payload };
  run_started: Record<never, never>;
  run_paused: { readonly reason: PauseReason };
  run_resumed: Record<never, never>;
  run_completed: { readonly output: Payload };
  run_failed: { readonly error: Payload; readonly errorCode: string };
  run_cancelled: { readonly reason?: string };
  step_created: { readonly stepName: string; readonly input: Payload; readonly maxRetries?: number };
  step_started: { readonly attempt: number; readonly worker: string };
  step_retrying: { readonly attempt: number; readonly error: Payload; readonly retryAt: number };
  step_completed: { readonly output: Payload };
  step_failed: { readonly error: Payload; readonly attempts: number };
  wait_created: { readonly resumeAt: number };
  wait_completed: Record<never, never>;
  hook_created: { readonly token: string; readonly metadata?: Payload };
  hook_conflict: { readonly token: string; readonly ownerRunId: string };
  hook_received: { readonly payload: Payload };
  hook_disposed: Record<never, never>;
}

export type EventType = keyof EventDataByType;
export type EventData<T extends EventType> = EventDataByType[T];

const reason = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });
const attempt = z.number().int().min(1);
const maxRetries = z.number().int().min(0);

const eventDataSchemas: { readonly [T in EventType]: z.ZodType<EventDataByType[T]> } = {
  run_created: z.object({ workflowName: name, program: name, input: payloadSchema }),
  run_started: z.object({}),
  run_paused: z.object({ reason }),
  run_resumed: z.object({}),
  run_completed: z.object({ output: payloadSchema }),
  run_failed: z.object({ error: payloadSchema, errorCode: z.string() }),
  run_cancelled: z.object({ reason: z.string().optional() }),
  step_created: z.object({ stepName: name, input: payloadSchema, maxRetries: maxRetries.optional() }),
  step_started: z.object({ attempt, worker: idSchema }),
  step_retrying: z.object({ attempt, error: payloadSchema, retryAt: time }),
  step_completed: z.object({ output: payloadSchema }),
  step_failed: z.object({ error: payloadSchema, attempts: attempt }),
  wait_created: z.object({ resumeAt: time }),
  wait_completed: z.object({}),
  hook_created: z.object({ token: tokenSchema, metadata: payloadSchema.optional() }),
  hook_conflict: z.object({ token: tokenSchema, ownerRunId: idSchema }),
  hook_received: z.object({ payload: payloadSchema }),
  hook_disposed: z.object({}),
};

interface EventHead {
  readonly runId: string;
  /** `evnt_` and the zero-padded version. */
  readonly eventId: string;
  readonly version: number;
  readonly correlationId?: string;
  /** Present on events that entered by `send`: a second event with the same key adds nothing. */
  readonly key?: string;
  readonly createdAt: number;
}

export type EventOf<T extends EventType> = EventHead & {
  readonly eventType: T;
  readonly eventData: EventData<T>;
};
export type Event = { [T in EventType]: EventOf<T> }[EventType];

/** An event before it has a place: what a caller of `send` hands in. */
export type SentEvent = {
  [T in EventType]: {
    readonly eventType: T;
    readonly key: string;
    readonly correlationId?: string;
    readonly eventData: EventData<T>;
  };
}[SendableType];

/** The types of event that may come from outside the owner of a run. */
export const sendableTypes: readonly SendableType[] = ['hook_received', 'run_cancelled', 'run_resumed'];
export type SendableType = 'hook_received' | 'run_cancelled' | 'run_resumed';

const needsCorrelation = new Set<EventType>(
  (Object.keys(eventDataSchemas) as EventType[]).filter((type) => !type.startsWith('run_')),
);

/** Exactly one event of this kind ends a history; nothing follows it (L4). */
export function isTerminal(type: EventType): boolean {
  return type === 'run_completed' || type === 'run_failed' || type === 'run_cancelled';
}

export function eventIdOf(version: number): string {
  return `evnt_${String(version).padStart(10, '0')}`;
}

const eventSchemas = Object.fromEntries(
  (Object.keys(eventDataSchemas) as EventType[]).map((type) => [
    type,
    z.object({
      runId: idSchema,
      eventId: z.string(),
      version: z.number().int().min(1),
      eventType: z.literal(type),
      correlationId: needsCorrelation.has(type) ? idSchema : idSchema.optional(),
      key: idSchema.optional(),
      createdAt: time,
      eventData: eventDataSchemas[type],
    }),
  ]),
) as unknown as Record<EventType, z.ZodType<Event>>;

const sentSchemas = Object.fromEntries(
  sendableTypes.map((type) => [
    type,
    z.object({
      eventType: z.literal(type),
      key: idSchema,
      correlationId: needsCorrelation.has(type) ? idSchema : idSchema.optional(),
      eventData: eventDataSchemas[type],
    }),
  ]),
) as unknown as Record<SendableType, z.ZodType<SentEvent>>;

/** Result of checking a record that came from outside: the typed value, or one line saying what is wrong. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

function check<T>(schema: z.ZodType<T> | undefined, record: unknown, kind: string): Checked<T> {
  if (!schema) return { ok: false, problem: `unknown ${kind} ${JSON.stringify(record)?.slice(0, 80)}` };
  const result = schema.safeParse(record);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  return { ok: false, problem: `${issue?.path.join('.') || kind}: ${issue?.message ?? 'invalid'}` };
}

function typeOf(record: unknown): string {
  const type = (record as { eventType?: unknown } | null | undefined)?.eventType;
  return typeof type === 'string' ? type : '';
}

/** Checks an event read from a file, a row or a message. */
export function parseEvent(record: unknown): Checked<Event> {
  const type = typeOf(record);
  const checked = check(
    Object.hasOwn(eventSchemas, type) ? eventSchemas[type as EventType] : undefined,
    record,
    'event',
  );
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
  const type = typeOf(record);
  return check(
    Object.hasOwn(sentSchemas, type) ? sentSchemas[type as SendableType] : undefined,
    record,
    'sent event',
  );
}

/** A copy that shares nothing mutable with the original. */
export function copyEvent(event: Event): Event {
  const data: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(event.eventData)) {
    data[field] =
      value instanceof Uint8Array ? value.slice() : typeof value === 'object' && value ? { ...value } : value;
  }
  return { ...event, eventData: data } as Event;
}
