import { type Duration, timeAfter } from '../duration.ts';
import { bornHandled, issue, nextId, pending } from './state.ts';

/**
 * Waits durably for a duration (`"10s"`, milliseconds) or until a Date; survives restarts, holds no worker.
 *
 * Throws `ContextError` DURATION_INVALID for NaN, negative numbers, Invalid Date and unknown units.
 */
export function sleep(duration: Duration): Promise<void> {
  return bornHandled(
    new Promise((resolve) => {
      // A duration counts from when the wait is recorded: the logical clock may lie behind.
      const kind = typeof duration === 'object' ? 'until' : 'for';
      const number = timeAfter(duration, 0);
      const id = nextId('wait');
      issue('start-wait', id, kind, { number });
      pending.set(id, {
        settle() {
          pending.delete(id);
          resolve();
        },
      });
    }),
  );
}
