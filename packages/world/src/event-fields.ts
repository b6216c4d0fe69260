/**
 * The fields of each event's data, said once: the zod schemas for records from outside, the quick check of
 * the hot path and the copy are all read off this table, so they cannot disagree.
 */
import { z } from 'zod';
import { attributeChangesProblem, attributesProblem } from './attributes.ts';
import type { EventDataByType, EventType, StepOptions } from './event.ts';
import { NAME_CHARACTERS_MAX, RUN_KEY_CHARACTERS_MAX, TOKEN_CHARACTERS_MAX } from './limits.ts';
import { payloadSchema } from './payload.ts';

/** Run ids, correlation ids, event keys and worker names: safe in a file name, a URL and a log line. */
export const idSchema: z.ZodType<string> = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);
/** Hook tokens are user data: any text of 1 to 512 characters. */
export const tokenSchema: z.ZodType<string> = z.string().min(1).max(TOKEN_CHARACTERS_MAX);
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
  /** Of a value that is no primitive. */
  readonly copy: (value: object) => unknown;
  readonly payload: boolean;
}

function field(schema: z.ZodType, is: (value: unknown) => boolean): Field {
  return { schema, is, copy: (value) => value, payload: false };
}

function optional(kind: Field): Field {
  return {
    ...kind,
    schema: kind.schema.optional(),
    is: (value) => value === undefined || kind.is(value),
  };
}

function checked(problemOf: (value: unknown) => string | undefined): Field {
  const schema = z.unknown().superRefine((value, context) => {
    const problem = problemOf(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
  const is = (value: unknown) => problemOf(value) === undefined;
  return { schema, is, copy: (value) => ({ ...value }), payload: false };
}

const reasonSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });
const amountSchema = z.number().finite().min(0);
const optionsShape: { readonly [F in keyof Required<StepOptions>]: z.ZodType } = {
  maxRetries: z.number().int().min(0).optional(),
  timeoutMs: amountSchema.optional(),
  delayMs: amountSchema.optional(),
  backoff: amountSchema.optional(),
  maxDelayMs: amountSchema.optional(),
  jitter: amountSchema.optional(),
  offer: z.boolean().optional(),
};
const optionNames = Object.keys(optionsShape) as ReadonlyArray<keyof StepOptions>;

function isAmount(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isStepOptions(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const options = value as StepOptions;
  const { maxRetries, offer } = options;
  if (maxRetries !== undefined && !isIntegerFrom(0)(maxRetries)) return false;
  if (offer !== undefined && typeof offer !== 'boolean') return false;
  return optionNames.every(
    (name) => name === 'offer' || options[name] === undefined || isAmount(options[name]),
  );
}

/** The named fields of a record that are there. */
function picked(record: object, names: readonly string[]): object {
  const source = record as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const name of names) if (source[name] !== undefined) copy[name] = source[name];
  return copy;
}

// A copy of bytes is not made by `slice`: a Buffer's slice shares its memory.
const payload: Field = {
  schema: payloadSchema,
  is: (value) => typeof value === 'string' || value instanceof Uint8Array,
  copy: (value) => new Uint8Array(value as Uint8Array),
  payload: true,
};
const name = field(z.string().min(1).max(NAME_CHARACTERS_MAX), isTextUpTo(NAME_CHARACTERS_MAX));
const text = field(z.string(), (value) => typeof value === 'string');
const key = field(z.string().min(1).max(RUN_KEY_CHARACTERS_MAX), isTextUpTo(RUN_KEY_CHARACTERS_MAX));
const id = field(idSchema, isId);
const token = field(tokenSchema, isTextUpTo(TOKEN_CHARACTERS_MAX));
const time = field(timeSchema, Number.isFinite);
const amount = field(amountSchema, isAmount);
const attempt = field(z.number().int().min(1), isIntegerFrom(1));
const count = field(z.number().int().min(0), isIntegerFrom(0));
const reason: Field = {
  ...field(reasonSchema, (value) => reasonSchema.safeParse(value).success),
  copy: (value) => picked(value, ['code', 'message', 'hint']),
};
const options: Field = {
  ...field(z.object(optionsShape), isStepOptions),
  copy: (value) => picked(value, optionNames),
};
const endStatuses: readonly unknown[] = ['completed', 'failed', 'cancelled'];
const endStatus = field(z.enum(['completed', 'failed', 'cancelled']), (value) => endStatuses.includes(value));

type FieldsByType = {
  readonly [T in EventType]: { readonly [F in keyof Required<EventDataByType[T]>]: Field };
};

const fieldsByType: FieldsByType = {
  run_created: {
    workflowName: name,
    program: name,
    seed: name,
    input: payload,
    parentRunId: optional(id),
    parentCorrelationId: optional(id),
    rootRunId: optional(id),
    key: optional(key),
    attributes: optional(checked(attributesProblem)),
  },
  run_started: { publicUrl: optional(text) },
  run_paused: { reason },
  run_resumed: { program: optional(name) },
  run_completed: { output: payload },
  run_failed: { error: payload, errorCode: text },
  run_cancelled: { reason: optional(text) },
  step_created: { stepName: name, input: payload, options: optional(options) },
  step_offered: { failures: count },
  step_started: { attempt, worker: id },
  step_retrying: { attempt, error: payload, retryAt: time },
  step_returned: { attempt, reason },
  step_completed: { output: payload },
  step_failed: { error: payload, attempts: attempt },
  wait_created: { resumeAt: time },
  wait_completed: {},
  hook_created: { token, metadata: optional(payload), retainMs: optional(amount) },
  hook_conflict: { token, ownerRunId: id },
  hook_received: { payload },
  hook_disposed: {},
  attr_set: { attributes: checked(attributeChangesProblem) },
  abort_requested: { reason: payload },
  child_started: { childRunId: id },
  child_completed: {
    childRunId: id,
    status: endStatus,
    output: optional(payload),
    error: optional(payload),
    errorCode: optional(text),
    reason: optional(text),
  },
};

export const eventTypes: readonly EventType[] = Object.keys(fieldsByType) as EventType[];

/** Field names and kinds of an event type's data; undefined for a type that does not exist. */
export const fieldsOf: ReadonlyMap<string, ReadonlyArray<readonly [string, Field]>> = new Map(
  eventTypes.map((type) => [type, Object.entries(fieldsByType[type]) as Array<[string, Field]>]),
);

/** Names of the fields that hold a payload, by event type. */
export const payloadFieldsOf: ReadonlyMap<string, readonly string[]> = new Map(
  Array.from(fieldsOf, ([type, fields]) => [
    type,
    fields.filter(([, kind]) => kind.payload).map(([fieldName]) => fieldName),
  ]),
);

/** Whether an event must name its entity; those of the run itself, and of what has a name of its own, need not. */
export function needsCorrelation(type: string): boolean {
  return !type.startsWith('run_') && type !== 'attr_set' && type !== 'child_completed';
}
