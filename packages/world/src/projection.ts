/** What a history means after its last event; `apply` is the only writer. */
import type { PauseReason } from './event.ts';

export type RunStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

export interface RunProjection {
  readonly runId: string;
  readonly workflowName: string;
  /** Hash of the program the run is pinned to: the one it started on, or was moved to last. */
  program: string;
  /** The run that started this one, and the first of that line; absent where nobody did. */
  readonly parentRunId?: string;
  readonly rootRunId?: string;
  /** At most one live run has it. */
  readonly key?: string;
  status: RunStatus;
  /** Number of events in the history. */
  version: number;
  readonly createdAt: number;
  startedAt?: number;
  completedAt?: number;
  /** Creation time of the last event. */
  updatedAt: number;
  /** Merged from the creation and every `attr_set`; replaced, never changed in place. */
  attributes: Readonly<Record<string, string>>;
  pauseReason?: PauseReason;
  errorCode?: string;
  cancelReason?: string;
}

export interface StepProjection {
  readonly correlationId: string;
  readonly stepName: string;
  status: 'pending' | 'offered' | 'running' | 'retrying' | 'completed' | 'failed';
  attempt: number;
  readonly createdAt: number;
  startedAt?: number;
  completedAt?: number;
  retryAt?: number;
  /** Worker of the last attempt. */
  worker?: string;
  /** Since when any worker may run it, between attempts and while one runs; absent: only who drives the run. */
  offeredAt?: number;
  /** Attempts that had ended in an error when it was offered; present with `offeredAt`. */
  failures?: number;
}

export interface HookProjection {
  readonly correlationId: string;
  readonly token: string;
  status: 'live' | 'disposed' | 'conflict';
  received: number;
  readonly createdAt: number;
  /** How long after its creation the token stays taken when the run ends before; absent: not at all. */
  readonly retainMs?: number;
  /** The run that has the token, when the claim lost to it. */
  ownerRunId?: string;
}

export interface WaitProjection {
  readonly correlationId: string;
  readonly resumeAt: number;
  status: 'waiting' | 'completed';
  readonly createdAt: number;
}

export interface ChildProjection {
  readonly childRunId: string;
  /** Of the first `child_started`; absent when the child's end came without one. */
  correlationId?: string;
  status: 'running' | 'completed' | 'failed' | 'cancelled';
  /** Creation time of the first event that names the child. */
  readonly createdAt: number;
}

export interface Projection {
  readonly run: RunProjection;
  readonly steps: Map<string, StepProjection>;
  readonly hooks: Map<string, HookProjection>;
  readonly waits: Map<string, WaitProjection>;
  /** By the child's run id. */
  readonly children: Map<string, ChildProjection>;
  /** Versions of the events that entered by `send`, by their key. */
  readonly keys: Map<string, number>;
  /** Versions of `abort_requested` and `child_started`, by type and correlation id: each may be there once. */
  readonly once: Map<string, number>;
}

export function isEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}
