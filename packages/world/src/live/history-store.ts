import type { Event } from '../event.ts';
import type { Projection } from '../projection.ts';
import type { LiveRun } from './live-run.ts';

/** Where the histories of live runs are kept. Synchronous: a decision and its write are one turn. */
export interface HistoryStore {
  /**
   * Adds events at the tail together with the wake time, all or nothing; the projection holds them already.
   *
   * The store may keep the events: nobody else does. No events: only the wake time changes. Throws, with the
   * history as it was, when it cannot.
   */
  write(run: LiveRun, events: readonly Event[], wakeAt: number | null): void;
  /** Events after a version, oldest first, as copies that the caller may keep. */
  read(runId: string, range: { readonly after: number; readonly limit?: number }): Event[];
  /** The projection of a run that is not live; undefined when there is none. */
  findEnded(runId: string): Projection | undefined;
}
