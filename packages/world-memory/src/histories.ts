import { copyEvent, type Event, isEnded, type Projection } from '@perdure/world';
import type { HistoryStore, LiveRun } from '@perdure/world/live';

interface History {
  readonly projection: Projection;
  readonly events: Event[];
}

/** Every history of this world, in a map. */
export class Histories implements HistoryStore {
  readonly #histories = new Map<string, History>();

  write(run: LiveRun, events: readonly Event[]): void {
    const { runId } = run.projection.run;
    const history = this.#histories.get(runId);
    if (history) history.events.push(...events);
    else this.#histories.set(runId, { projection: run.projection, events: [...events] });
  }

  read(runId: string, range: { readonly after: number; readonly limit?: number }): Event[] {
    const events = this.#histories.get(runId)?.events ?? [];
    const end = range.limit === undefined ? events.length : range.after + range.limit;
    return events.slice(range.after, end).map(copyEvent);
  }

  find(runId: string): Projection | undefined {
    return this.#histories.get(runId)?.projection;
  }

  findEnded(runId: string): Projection | undefined {
    const projection = this.find(runId);
    return projection && isEnded(projection.run.status) ? projection : undefined;
  }

  ids(): string[] {
    return [...this.#histories.keys()];
  }

  clear(): void {
    this.#histories.clear();
  }
}
