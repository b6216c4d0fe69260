/**
 * Steps that any worker may run: offered by who drives the run, claimed by whoever has room, and back in its history.
 *
 * - O1 The log is the only truth: an offer is a `step_offered`, and what may be claimed follows from the histories of live
 *   runs alone. Claims are not in it: those that do not outlive a store's process are gone with it.
 * - O2 Every attempt is in the history before its worker is told of it: `claim` writes `step_started` in the same write.
 * - O3 An offered step without a live claim is handed to exactly one worker; if that one stops renewing, to another within the
 *   lease: at once the first times, then by `restartTime`. A step whose claim is renewed is never handed out twice.
 * - O4 An attempt ends once, at the tail, by who holds its claim. A lease that ended is no obstacle while nobody else took it.
 * - O5 The end of a run withdraws its offers; a pause does not.
 *
 * Their owner may not start or end what it offered: an append that does is refused (HISTORY_INVALID).
 */
import type { EventData, EventOf } from './event.ts';
import type { ClaimRequest } from './world.ts';

/** The right to run one attempt. `attempt` grows with every claim of the step and fences earlier workers. */
export interface StepClaim {
  readonly runId: string;
  readonly correlationId: string;
  readonly attempt: number;
  readonly worker: string;
}

export interface ClaimStepsRequest extends ClaimRequest {
  /** How many steps at most. */
  readonly limit: number;
  /** Takes steps of these names only. Default: of all. */
  readonly stepNames?: readonly string[];
}

/** Everything that a worker needs that never saw the run. */
export interface OfferedStep {
  readonly claim: StepClaim;
  readonly created: EventOf<'step_created'>;
  /** Of the attempt that the claim is for. */
  readonly started: EventOf<'step_started'>;
  /** Attempts before it that ended in an error. */
  readonly failures: number;
  readonly run: { readonly created: EventOf<'run_created'>; readonly started: EventOf<'run_started'> };
}

export interface ClaimedSteps {
  readonly claimed: OfferedStep[];
  /** When another step of these names may be claimed; null: nothing known. */
  readonly nextDueAt: number | null;
}

/** How an attempt ended. */
export type StepOutcome = {
  [T in 'step_completed' | 'step_failed' | 'step_retrying' | 'step_returned']: {
    readonly eventType: T;
    readonly eventData: EventData<T>;
  };
}['step_completed' | 'step_failed' | 'step_retrying' | 'step_returned'];

export type FinishResult =
  /** The outcome is in the history, at this version. */
  | { readonly kind: 'finished'; readonly version: number }
  /** The attempt is no longer the caller's, or its run has ended; nothing was written. */
  | { readonly kind: 'claim-lost' };

export interface Steps {
  /**
   * Takes up to `limit` offered steps that nobody holds, longest offered first, and writes their `step_started` at the tail
   * in the same write. The wake time of their runs stays as it is. Throws INPUT_INVALID.
   */
  claim(request: ClaimStepsRequest): Promise<ClaimedSteps>;
  /**
   * Writes how an attempt ended at the tail of its run, and makes the run due at once.
   *
   * Idempotent by claim: an attempt that has its end in the history answers with the version of that one, after the end of
   * the run too. Throws INPUT_INVALID for an outcome that is none, or names another attempt.
   */
  finish(claim: StepClaim, outcome: StepOutcome): Promise<FinishResult>;
  /** Extends claims of one worker: one call per process and heartbeat. `lost`: those that are no longer the caller's. */
  renew(
    request: ClaimRequest & { readonly claims: readonly StepClaim[] },
  ): Promise<{ readonly lost: StepClaim[] }>;
  /** Gives claims back without a write: their attempts are cut off, as O3 says. Unknown claims are ignored. */
  release(claims: readonly StepClaim[]): Promise<void>;
}
