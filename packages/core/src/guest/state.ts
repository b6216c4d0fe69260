/**
 * What the guest half of an Execution holds: the slot through which events come in, the commands that go out,
 * and the operations that wait for an answer. One instance per context, fresh for every Execution.
 */

import {
  type Codec,
  createCodec,
  type FunctionReference,
  type StoredClass,
  type StoredType,
} from '../payload/codec.ts';
import { allowPayloadBytes } from '../payload/limits.ts';
import type { ChildOutcome } from './run-handle.ts';

/** A command as the guest issues it: a plain record of primitives (E2). */
export interface GuestCommand {
  kind:
    | 'schedule-step'
    | 'start-wait'
    | 'create-hook'
    | 'dispose-hook'
    | 'await-child'
    | 'set-attributes'
    | 'request-abort'
    | 'complete-run'
    | 'fail-run';
  id: string;
  /** Step name, hook token, child run id, error code, or whether a wait lasts `for` a duration or `until` a time. */
  name: string;
  /** Codec text: step input, hook metadata, abort reason, run output or error. */
  text: string | undefined;
  /** Milliseconds of a wait, or for which a token stays taken. */
  number: number | undefined;
  /** JSON text: step options or attributes. */
  detail: string | undefined;
  /** The stack of the code that asked for it, where places are kept. */
  stack: string | undefined;
}

/** The event of this turn, written by the host before it enters. */
export interface Slot {
  kind: string;
  id: string;
  /** Codec text of the event's payload, unless `value` holds what it means. */
  text: string | undefined;
  /** A primitive that was hydrated before, or what this turn hydrated when it is a primitive. */
  value: unknown;
  hasValue: boolean;
  /** JSON text of the event's data beside its payload, where the guest needs it. */
  detail: string | undefined;
  /** Creation time of the event: the logical clock. */
  time: number;
  /** Why the payload could not be hydrated; the turn did nothing then. */
  failure: string | undefined;
}

/** What waits for the outcome of a step, a wait or a hook, by correlation id. */
export interface Pending {
  /** `kind` is the type of the event; `value` its hydrated payload. */
  settle(kind: string, value: unknown): void;
}

export interface Init {
  readonly runId: string;
  readonly workflowName: string;
  readonly createdAt: number;
  /** Base of correlation ids. */
  readonly base: string;
  readonly seed: string;
  readonly turnBudget: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** Where this app is reached, without a slash at the end; what the start of the run recorded comes before it. */
  publicUrl: string;
  /** Whether the payloads of the run are sealed. */
  readonly encryption: boolean;
  /** Whether commands keep the stack of the code that issued them: for reports only, it costs time. */
  readonly stacks: 'kept' | 'none';
  readonly payloadBytes: number;
}

declare const __perdure_init: string;

export const init: Init = JSON.parse(__perdure_init);
allowPayloadBytes(init.payloadBytes);
export const slot: Slot = {
  kind: '',
  id: '',
  text: undefined,
  value: undefined,
  hasValue: false,
  detail: undefined,
  time: init.createdAt,
  failure: undefined,
};
/** `startedAt`: when the run started, known from its first turn on. */
export const clock: { startedAt: number } = { startedAt: init.createdAt };
export const commands: GuestCommand[] = [];
export const logs: { level: string; text: string }[] = [];
export const pending: Map<string, Pending> = new Map();
export const workflows: Map<string, (...args: unknown[]) => unknown> = new Map();

interface Marked {
  stepId?: unknown;
  workflowId?: unknown;
  closure?: () => Record<string, unknown>;
  bound?: readonly unknown[];
}

/** How functions cross; the step proxy module supplies `makeStep`, to keep imports one way. */
export const functionTable: {
  makeStep: (
    id: string,
    closure: (() => Record<string, unknown>) | undefined,
    bound: readonly unknown[],
  ) => unknown;
} = { makeStep: () => undefined };

/** Drops the frames of the engine: in the sandbox, and of what entered it, between the program's own and its async callers. */
function guestFrames(stack: string): string {
  let host = false;
  const kept = stack.split('\n').filter((line) => {
    if (line.includes('(node:vm:') || line.includes('perdure:turn:')) host = true;
    else if (line.includes('perdure-program:')) host = false;
    return !host && !/perdure-guest:|__perdure_start/.test(line);
  });
  return kept.join('\n');
}

/** Classes whose instances cross, by id; the program registers them. */
export const classes: Map<string, StoredClass> = new Map();

/** Types that cross beside the codec's own; their modules add themselves. */
export const storedTypes: Record<string, StoredType> = {};

export const codec: Codec = createCodec({
  classes,
  types: storedTypes,
  stack: guestFrames,
  describe(value): FunctionReference | undefined {
    const marked = value as Marked;
    if (typeof marked.stepId === 'string') {
      const { stepId: id, closure, bound = [] } = marked;
      return {
        kind: 'step',
        id,
        ...(closure ? { closure: closure() } : {}),
        ...(bound.length > 0 ? { bound } : {}),
      };
    }
    if (typeof marked.workflowId === 'string') return { kind: 'workflow', id: marked.workflowId };
    return undefined;
  },
  resolve(reference) {
    const { id, closure, bound = [] } = reference;
    if (reference.kind === 'workflow') return Object.assign(() => undefined, { workflowId: id });
    return functionTable.makeStep(id, closure ? () => closure as Record<string, unknown> : undefined, bound);
  },
});

let sequence = 0;

/** The next correlation id: dense, in emission order (E3). */
export function nextId(prefix: 'step' | 'wait' | 'hook' | 'chld' | 'attr' | 'abrt'): string {
  const id = `${prefix}_${init.base}_${sequence}`;
  sequence += 1;
  return id;
}

export function issue(
  kind: GuestCommand['kind'],
  id: string,
  name: string,
  details: { text?: string | undefined; number?: number | undefined; detail?: string | undefined } = {},
): void {
  const { text, number, detail } = details;
  const stack = init.stacks === 'kept' ? new Error().stack : undefined;
  commands.push({ kind, id, name, text, number, detail, stack });
}

/** The run's attributes, as far as it knows. */
export const attributes: Map<string, string> = new Map(Object.entries(init.attributes));

/** How child runs ended, by run id: from their events, or still to come. */
const children: Map<string, PromiseWithResolvers<ChildOutcome>> = new Map();

function child(runId: string): PromiseWithResolvers<ChildOutcome> {
  let ended = children.get(runId);
  if (!ended) {
    ended = Promise.withResolvers();
    children.set(runId, ended);
  }
  return ended;
}

/** Resolves when the history says how a child ended. */
export function childEnded(runId: string): Promise<ChildOutcome> {
  return child(runId).promise;
}

/** The event that says how a child ended: `detail` has its id and status, `value` its result or error. */
export function endChild(detail: string, value: unknown): void {
  const outcome = JSON.parse(detail) as Omit<ChildOutcome, 'value'> & { childRunId: string };
  child(outcome.childRunId).resolve({ ...outcome, value });
}

/** Attributes that somebody set: a step, or a caller outside. */
export function mergeAttributes(detail: string): void {
  for (const [key, value] of Object.entries(JSON.parse(detail) as Record<string, string | null>)) {
    if (value === null) attributes.delete(key);
    else attributes.set(key, value);
  }
}

/** Reasons of aborts that came before their signal did, by its id. */
export const earlyAborts: Map<string, readonly [unknown]> = new Map();

/** Rejections of what the engine hands out never count as unhandled: code may await it later. */
export function bornHandled<T>(promise: Promise<T>): Promise<T> {
  promise.then(undefined, () => undefined);
  return promise;
}
