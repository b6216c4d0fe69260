import { type Duration, timeAfter } from '../duration.ts';
import { bornHandled, issue, nextId, pending, slot } from './state.ts';

/**
 * Waits durably for a duration (`"10s"`, milliseconds) or until a Date; survives restarts, holds no worker.
 *
 * Throws `ContextError` DURATION_INVALID for NaN, negative numbers, Invalid Date and unknown units.
 */
export function sleep(duration: Duration): Promise<void> {
  return bornHandled(
    new Promise((resolve) => {
      const resumeAt = timeAfter(duration, slot.time);
      const id = nextId('wait');
      issue('start-wait', id, '', { number: resumeAt });
      pending.set(id, {
        settle() {
          pending.delete(id);
          resolve();
        },
      });
    }),
  );
}
