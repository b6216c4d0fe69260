import type { Event } from '@perdure/world';
import type { Execution } from './execution.ts';

/**
 * Feeds an Execution the events of a history that it has not consumed yet.
 *
 * The loop that a restarted process, an offline check and a test share with the orchestrator. What the program
 * logs was shown when it happened first.
 */
export function replay(execution: Execution, history: Iterable<Event>): void {
  for (const event of history) {
    if (event.version > execution.version) execution.advance(event);
  }
  execution.takeLogs();
}
