/** Bodies begin only while the claim holds that their attempts were written under. */
import type { Claim } from '@perdure/world';
import type { Engine } from './engine.ts';
import type { Attempt } from './step-runner.ts';

export interface Owner {
  readonly claim: Claim;
  readonly leaseMs: number;
  readonly version: number;
  /** When the claim was known to hold last, in the engine's time. */
  readonly ownedAt: number;
}

/**
 * Begins attempts, one after the other; false when the claim turned out to be lost.
 *
 * A process that stood still since the write may have been given up: another one has begun the next attempts, and ended
 * them perhaps, so that these may not begin any more (S1). Slots of those that do not begin are given back.
 * Throws when nobody can say who owns the run: nothing begins in doubt.
 */
export async function beginWhileOwned(
  { world, clock, slots }: Pick<Engine, 'world' | 'clock' | 'slots'>,
  { claim, leaseMs, version, ownedAt }: Owner,
  starts: readonly Attempt[],
  begin: (attempt: Attempt) => boolean,
): Promise<boolean> {
  const claims = [{ claim, version }];
  let knownAt = ownedAt;
  let begun = 0;
  try {
    for (const attempt of starts) {
      const now = clock();
      if (now - knownAt > leaseMs / 2) {
        const { lost } = await world.runs.renew({ worker: claim.worker, leaseMs, claims });
        if (lost.length > 0) return false;
        knownAt = now;
      }
      if (!begin(attempt)) break;
      begun += 1;
    }
    return true;
  } finally {
    for (const _ of starts.slice(begun)) slots.give();
  }
}
