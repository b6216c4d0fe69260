import type { Projection, RunProjection } from '../projection.ts';
import type { Claim } from '../world.ts';
import type { Due } from './due-queue.ts';

/** A run that has not ended, as the process that drives it knows it. */
export interface LiveRun extends Due {
  readonly projection: Projection;
  /** When the run is due if nobody holds it; null: only an event from outside makes it due. */
  wakeAt: number | null;
  claim: Claim | undefined;
  /** When the claim's right ends unless it is renewed; it stays the holder's until another takes it. */
  leaseUntil: number;
}

export function liveRunOf(projection: Projection, wakeAt: number | null): LiveRun {
  return {
    projection,
    wakeAt,
    claim: undefined,
    leaseUntil: 0,
    dueAt: Number.POSITIVE_INFINITY,
    slot: -1,
    turn: 0,
  };
}

/** When nobody's right stands in the way and the wake time has come. */
export function dueAtOf(run: LiveRun): number {
  if (run.wakeAt === null) return Number.POSITIVE_INFINITY;
  return run.claim ? Math.max(run.wakeAt, run.leaseUntil) : run.wakeAt;
}

export function isHeldBy(run: LiveRun, claim: Claim): boolean {
  return run.claim !== undefined && run.claim.epoch === claim.epoch && run.claim.worker === claim.worker;
}

/** What callers get: a projection of their own. */
export function copyRun(run: RunProjection): RunProjection {
  const copy = { ...run, attributes: { ...run.attributes } };
  if (run.pauseReason) copy.pauseReason = { ...run.pauseReason };
  return copy;
}
