/** Whether who wrote attempts may start their bodies when the reply is read. */
import type { AppendResult, Claim } from '@perdure/world';
import type { Engine } from './engine.ts';

/**
 * Makes an append and, where its reply is read late, asks whether the claim still holds.
 *
 * A process that stood still between the write and the reply may have been given up meanwhile: another one has begun
 * the next attempts, and ended them perhaps, so that these may not start any more (S1).
 */
export async function appendStillOwned(
  { world, clock }: Engine,
  claim: Claim,
  leaseMs: number,
  append: () => Promise<AppendResult>,
): Promise<AppendResult> {
  const askedAt = clock();
  const result = await append();
  if (result.kind !== 'appended' || clock() - askedAt <= leaseMs / 2) return result;
  const claims = [{ claim, version: result.version }];
  const { lost } = await world.runs.renew({ worker: claim.worker, leaseMs, claims });
  return lost.length === 0 ? result : { kind: 'claim-lost' };
}
