/**
 * What one round of the loop is about to write: events that the Execution has consumed already, and what to do
 * once they are durable. A refused stage is thrown away; only its arrivals are kept.
 */
import type { Event } from '@perdure/world';
import type { EventPlace } from './command.ts';
import type { Execution } from './execution.ts';
import type { LogLine } from './sandbox.ts';
import type { Attempt, Outcome } from './step-runner.ts';

/** What an event has before it is anything. */
export type Head = EventPlace & { readonly eventId: string };

/** An attempt that ended. */
export interface Arrival {
  readonly attempt: Attempt;
  readonly outcome: Outcome;
}

export class Stage {
  readonly events: Event[] = [];
  readonly arrivals: readonly Arrival[];
  readonly starts: Attempt[] = [];
  readonly logs: LogLine[] = [];

  constructor(arrivals: readonly Arrival[]) {
    this.arrivals = arrivals;
  }
}

/** What an attempt knows of its run. */
export function runFacts({ created, startedAt, url, encryption }: Execution): Attempt['run'] {
  const { runId, eventData } = created;
  const { workflowName, attributes = {} } = eventData;
  return { runId, workflowName, startedAt, attributes, url, encryption };
}
