/**
 * Looks whether runs that a workflow waits for have ended.
 *
 * A child that ends tells its parent; this is for runs that are no children, and for news that a crash lost. Every
 * run is looked at once when the wait for it begins, then all of them after a while, longer each time.
 */
import type { EventData, EventOf } from '@perdure/world';
import { isEnded } from '@perdure/world';
import type { Engine } from './engine.ts';
import type { Execution } from './execution.ts';
import { childOutcome, type EndEvent } from './lifecycle.ts';

const lookMs = { min: 1_000, max: 60_000 } as const;

export class ChildWatch {
  readonly #engine: Engine;
  readonly #seen = new Set<string>();
  #nextLookAt = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get nextLookAt(): number {
    return this.#nextLookAt;
  }

  /** Outcomes of the runs that have ended, of those that are due for a look. */
  async ended(execution: Execution, now: number): Promise<EventData<'child_completed'>[]> {
    const all = now >= this.#nextLookAt;
    const due = [...execution.open.children.keys()].filter((runId) => all || !this.#seen.has(runId));
    if (all) this.#nextLookAt = now + lookDelay(execution, now);
    const outcomes: EventData<'child_completed'>[] = [];
    for (const childRunId of due) {
      this.#seen.add(childRunId);
      const end = await this.#endOf(childRunId, execution.created.runId);
      if (end) outcomes.push(childOutcome(this.#engine, end, execution.created.runId));
    }
    return outcomes;
  }

  async #endOf(runId: string, byRunId: string): Promise<EndEvent | undefined> {
    const { awaited, world } = this.#engine;
    // Before it is looked at: an end in between is told, or seen.
    awaited.add(runId, byRunId);
    const run = await world.runs.get(runId);
    // A run that was never there, or is no more, will not end: the wait for it says so.
    if (!run) {
      awaited.remove(runId, byRunId);
      return missing(runId);
    }
    // A child tells its parent itself.
    if (!isEnded(run.status) && run.parentRunId !== byRunId) return undefined;
    awaited.remove(runId, byRunId);
    if (!isEnded(run.status)) return undefined;
    const [last] = await world.runs.history(runId, { after: run.version - 1, limit: 1 });
    return last as EndEvent;
  }
}

function lookDelay({ open: { children } }: Execution, now: number): number {
  const since = Math.min(...children.values());
  return Math.min(lookMs.max, Math.max(lookMs.min, (now - since) / 2));
}

function missing(runId: string): EventOf<'run_cancelled'> {
  const reason = 'there is no such run';
  return { runId, eventId: '', version: 0, createdAt: 0, eventType: 'run_cancelled', eventData: { reason } };
}
