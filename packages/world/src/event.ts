/**
 * The events of a history, and the names that derive from a version.
 *
 * An event is a plain record. `version` is its 1-based position in the history of its run; `eventId` derives
 * from it and sorts the same way. `createdAt` is in milliseconds since the epoch and never decreases within
 * a history.
 */
import type { AttributeChanges, Attributes } from './attributes.ts';
import type { Payload } from './payload.ts';

/** Why a run waits for a repair, and what continues it. */
export interface PauseReason {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** How a step is tried; what is absent is the engine's to choose. */
export interface StepOptions {
  /** Attempts after the first. */
  readonly maxRetries?: number;
  /** How long one attempt may take. */
  readonly timeoutMs?: number;
  /** Before the second attempt. */
  readonly delayMs?: number;
  /** Factor of the delay from one attempt to the next. */
  readonly backoff?: number;
  readonly maxDelayMs?: number;
  /** Share of the delay that is random. */
  readonly jitter?: number;
  /** Whether its attempts are offered to every worker instead of starting where the run is driven. */
  readonly offer?: boolean;
}

/** The shape of `eventData` for each event type. */
export interface EventDataByType {
  /**
   * `program` is the content hash of the program the run is pinned to. `seed` is secret: the run's randomness and
   * its made-up hook tokens derive from it. At most one live run has a `key`, over all runs. A child run names the
   * run that started it, the step or call there, and the first run of the line.
   */
  run_created: {
    readonly workflowName: string;
    readonly program: string;
    readonly seed: string;
    readonly input: Payload;
    readonly parentRunId?: string;
    readonly parentCorrelationId?: string;
    readonly rootRunId?: string;
    readonly key?: string;
    readonly attributes?: Attributes;
  };
  /** Where the app that started to drive it is reached: a part of what the workflow sees, so the same on every replay. */
  run_started: { readonly publicUrl?: string };
  run_paused: { readonly reason: PauseReason };
  /** After a pause, or with `program`: from here on the whole history belongs to that program. */
  run_resumed: { readonly program?: string };
  run_completed: { readonly output: Payload };
  run_failed: { readonly error: Payload; readonly errorCode: string };
  run_cancelled: { readonly reason?: string };
  step_created: { readonly stepName: string; readonly input: Payload; readonly options?: StepOptions };
  /**
   * From here on any worker may run the step: whoever claims it writes its `step_started` and its end. `failures` are the
   * attempts so far that ended in an error.
   */
  step_offered: { readonly failures: number };
  step_started: { readonly attempt: number; readonly worker: string };
  step_retrying: { readonly attempt: number; readonly error: Payload; readonly retryAt: number };
  /** A worker that claimed the step could not begin it: no failure of the step, and its owner's again. */
  step_returned: { readonly attempt: number; readonly reason: PauseReason };
  step_completed: { readonly output: Payload };
  step_failed: { readonly error: Payload; readonly attempts: number };
  wait_created: { readonly resumeAt: number };
  wait_completed: Record<never, never>;
  /** The token stays taken for `retainMs` from the hook's creation when its run ends before that. */
  hook_created: { readonly token: string; readonly metadata?: Payload; readonly retainMs?: number };
  hook_conflict: { readonly token: string; readonly ownerRunId: string };
  hook_received: { readonly payload: Payload };
  hook_disposed: Record<never, never>;
  /** Merged into the run's attributes. */
  attr_set: { readonly attributes: AttributeChanges };
  /** Once per correlation id; needs no event before it. */
  abort_requested: { readonly reason: Payload };
  /** Once per correlation id. */
  child_started: { readonly childRunId: string };
  /** Once per child; may come without a `child_started`, and before it. */
  child_completed: {
    readonly childRunId: string;
    readonly status: ChildEndStatus;
    readonly output?: Payload;
    readonly error?: Payload;
    readonly errorCode?: string;
    readonly reason?: string;
  };
}

export type ChildEndStatus = 'completed' | 'failed' | 'cancelled';

export type EventType = keyof EventDataByType;
export type EventData<T extends EventType> = EventDataByType[T];

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
export type SendableType =
  | 'hook_received'
  | 'run_cancelled'
  | 'run_resumed'
  | 'wait_completed'
  | 'attr_set'
  | 'abort_requested'
  | 'child_completed';

/** Exactly one event of this kind ends a history; nothing follows it (L4). */
export function isTerminal(type: EventType): boolean {
  return type === 'run_completed' || type === 'run_failed' || type === 'run_cancelled';
}

export function eventIdOf(version: number): string {
  return `evnt_${String(version).padStart(10, '0')}`;
}
