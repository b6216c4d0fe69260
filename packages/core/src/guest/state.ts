/**
 * What the guest half of an Execution holds: the slot through which events come in, the commands that go out,
 * and the operations that wait for an answer. One instance per context, fresh for every Execution.
 */
import { type Codec, createCodec, type FunctionReference } from '../payload/codec.ts';

/** A command as the guest issues it: a plain record of primitives (E2). */
export interface GuestCommand {
  kind: 'schedule-step' | 'start-wait' | 'create-hook' | 'dispose-hook' | 'complete-run' | 'fail-run';
  id: string;
  /** Step name, hook token, error code, or whether a wait lasts `for` a duration or `until` a time. */
  name: string;
  /** Codec text: step input, hook metadata, run output or error. */
  text: string | undefined;
  /** Milliseconds of a wait, or retry limit. */
  number: number | undefined;
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
}

declare const __perdure_init: string;

export const init: Init = JSON.parse(__perdure_init);
export const slot: Slot = {
  kind: '',
  id: '',
  text: undefined,
  value: undefined,
  hasValue: false,
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
}

/** How functions cross; the step proxy module supplies `makeStep`, to keep imports one way. */
export const functionTable: { makeStep: (id: string, closure?: () => Record<string, unknown>) => unknown } = {
  makeStep: () => undefined,
};

/** Drops the frames of the engine that entered the sandbox: between the program's own and its async callers. */
function guestFrames(stack: string): string {
  let host = false;
  const kept = stack.split('\n').filter((line) => {
    if (line.includes('(node:vm:') || line.includes('perdure:turn:')) host = true;
    else if (line.includes('perdure-program:')) host = false;
    return !host && !line.includes('__perdure_start');
  });
  return kept.join('\n');
}

export const codec: Codec = createCodec({
  stack: guestFrames,
  describe(value): FunctionReference | undefined {
    const marked = value as Marked;
    if (typeof marked.stepId === 'string') {
      return { kind: 'step', id: marked.stepId, ...(marked.closure ? { closure: marked.closure() } : {}) };
    }
    if (typeof marked.workflowId === 'string') return { kind: 'workflow', id: marked.workflowId };
    return undefined;
  },
  resolve(reference) {
    const { id, closure } = reference;
    if (reference.kind === 'workflow') return Object.assign(() => undefined, { workflowId: id });
    return functionTable.makeStep(id, closure ? () => closure as Record<string, unknown> : undefined);
  },
});

let sequence = 0;

/** The next correlation id: dense, in emission order (E3). */
export function nextId(prefix: 'step' | 'wait' | 'hook'): string {
  const id = `${prefix}_${init.base}_${sequence}`;
  sequence += 1;
  return id;
}

export function issue(
  kind: GuestCommand['kind'],
  id: string,
  name: string,
  details: { text?: string; number?: number } = {},
): void {
  commands.push({ kind, id, name, text: details.text, number: details.number });
}

/** Rejections of what the engine hands out never count as unhandled: code may await it later. */
export function bornHandled<T>(promise: Promise<T>): Promise<T> {
  promise.then(undefined, () => undefined);
  return promise;
}
