/**
 * The fields of each event's data, said once: the zod schemas for records from outside, the quick check of
 * the hot path and the copy are all read off this table, so they cannot disagree.
 */
import { z } from 'zod';
import type { EventDataByType, EventType } from './event.ts';
import { payloadSchema } from './payload.ts';

/** Run ids, correlation ids, event keys and worker names: safe in a file name, a URL and a log line. */
export const idSchema: z.ZodType<string> = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);
/** Hook tokens are user data: any text of 1 to 512 characters. */
export const tokenSchema: z.ZodType<string> = z.string().min(1).max(512);
export const timeSchema: z.ZodType<number> = z.number().finite();

const idPattern = /^[A-Za-z0-9_-]{1,128}$/;

/** The quick form of `idSchema`. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && idPattern.test(value);
}

/** Lowercase hex, so that it is one file name on every file system. */
export function isProgramHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{1,128}$/.test(value);
}

function isTextUpTo(limit: number): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && value.length > 0 && value.length <= limit;
}

function isIntegerFrom(least: number): (value: unknown) => boolean {
  return (value) => Number.isSafeInteger(value) && (value as number) >= least;
}

/** One kind of field: `is` accepts what `schema` accepts, several times faster. */
export interface Field {
  readonly schema: z.ZodType;
  readonly is: (value: unknown) => boolean;
  readonly optional: boolean;
}

function field(schema: z.ZodType, is: (value: unknown) => boolean): Field {
  return { schema, is, optional: false };
}

function optional(kind: Field): Field {
  return {
    schema: kind.schema.optional(),
    is: (value) => value === undefined || kind.is(value),
    optional: true,
  };
}

const reasonSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });

const payload = field(payloadSchema, (value) => typeof value === 'string' || value instanceof Uint8Array);
const name = field(z.string().min(1).max(1024), isTextUpTo(1024));
const text = field(z.string(), (value) => typeof value === 'string');
const id = field(idSchema, isId);
const token = field(tokenSchema, isTextUpTo(512));
const time = field(timeSchema, Number.isFinite);
const attempt = field(z.number().int().min(1), isIntegerFrom(1));
const count = field(z.number().int().min(0), isIntegerFrom(0));
const reason = field(reasonSchema, (value) => reasonSchema.safeParse(value).success);

type FieldsByType = {
  readonly [T in EventType]: { readonly [F in keyof Required<EventDataByType[T]>]: Field };
};

const fieldsByType: FieldsByType = {
  run_created: { workflowName: name, program: name, seed: name, input: payload },
  run_started: {},
  run_paused: { reason },
  run_resumed: {},
  run_completed: { output: payload },
  run_failed: { error: payload, errorCode: text },
  run_cancelled: { reason: optional(text) },
  step_created: { stepName: name, input: payload, maxRetries: optional(count) },
  step_started: { attempt, worker: id },
  step_retrying: { attempt, error: payload, retryAt: time },
  step_completed: { output: payload },
  step_failed: { error: payload, attempts: attempt },
  wait_created: { resumeAt: time },
  wait_completed: {},
  hook_created: { token, metadata: optional(payload) },
  hook_conflict: { token, ownerRunId: id },
  hook_received: { payload },
  hook_disposed: {},
};

export const eventTypes: readonly EventType[] = Object.keys(fieldsByType) as EventType[];

/** Field names and kinds of an event type's data; undefined for a type that does not exist. */
export const fieldsOf: ReadonlyMap<string, ReadonlyArray<readonly [string, Field]>> = new Map(
  eventTypes.map((type) => [type, Object.entries(fieldsByType[type]) as Array<[string, Field]>]),
);

/** Events of steps, waits and hooks name their entity; events of the run itself need not. */
export function needsCorrelation(type: string): boolean {
  return !type.startsWith('run_');
}
