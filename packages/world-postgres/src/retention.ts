/** Removing runs that ended long ago, in small batches. */
import type { RunStatus } from '@perdure/world';
import type { Database } from './database.ts';
import { PRUNE_BATCH } from './limits.ts';
import { optionRefused } from './messages.ts';
import type { Pulse } from './pulse.ts';

export interface PruneOptions {
  /** Runs that ended this long ago, in milliseconds. */
  readonly olderThanMs: number;
  /** Of these states only. Default: all that have ended. */
  readonly statuses?: readonly ('completed' | 'failed' | 'cancelled')[];
  /** Runs removed by one statement. Default 200. */
  readonly batch?: number;
  /** Hears after each batch how many were removed so far. */
  readonly onProgress?: (removed: number) => void;
}

const ended: readonly RunStatus[] = ['completed', 'failed', 'cancelled'];

/** Removes runs with their events and streams; answers with how many. Tokens that are kept stay so. Throws INPUT_INVALID. */
export async function prune(database: Database, pulse: Pulse, options: PruneOptions): Promise<number> {
  const { olderThanMs, statuses = ended, batch = PRUNE_BATCH, onProgress } = options;
  if (!(Number.isFinite(olderThanMs) && olderThanMs >= 0))
    throw optionRefused('olderThanMs', 'a time in milliseconds from 0', olderThanMs);
  const unknown = statuses.find((status) => !ended.includes(status));
  if (unknown !== undefined) throw optionRefused('statuses', 'completed, failed or cancelled', unknown);
  if (!Number.isSafeInteger(batch) || batch < 1) throw optionRefused('batch', 'a whole number from 1', batch);
  let removed = 0;
  for (;;) {
    const [row] = await database.run<{ removed: number }>({
      what: 'remove ended runs',
      text: `SELECT "${database.schema}".prune_runs($1, $2, $3, $4) AS removed`,
      values: () => [olderThanMs, statuses, batch, pulse.at()],
    });
    removed += row!.removed;
    onProgress?.(removed);
    if (row!.removed < batch) return removed;
  }
}
