/** What this process knows of a run: a prefix of its history, folded. The database's version decides. */
import { apply, begin, type Event, type Projection } from '@perdure/world';
import { FRESH_MS } from './limits.ts';

export interface HistoryRange {
  readonly after: number;
  readonly limit?: number;
}

export class KnownRun {
  projection: Projection | undefined;
  /** Events that end at the tail as it was a moment ago, for the one who reads them next. */
  #fresh: { readonly events: readonly Event[]; readonly at: number } | undefined;
  /** Versions of the `step_created` of steps without an outcome. */
  readonly #created = new Map<string, number>();

  /** Version of a step's `step_created`. */
  createdVersion(correlationId: string): number | undefined {
    return this.#created.get(correlationId);
  }

  /** Events that come next are taken in; others are known, or too far ahead. */
  follow(events: readonly Event[]): void {
    for (const event of events) {
      if (!this.projection) {
        if (event.version === 1) this.projection = begin(event);
      } else if (event.version === this.projection.run.version + 1) apply(this.projection, event);
    }
    this.note(events);
  }

  /** Follows the last events of the history, and keeps them for whoever reads them next. */
  meet(events: readonly Event[]): void {
    this.follow(events);
    this.#fresh = { events, at: performance.now() };
  }

  /** Events that this process is about to write. */
  note(events: readonly Event[]): void {
    for (const { eventType, correlationId = '', version } of events) {
      if (eventType === 'step_created') this.#created.set(correlationId, version);
      else if (eventType === 'step_completed' || eventType === 'step_failed')
        this.#created.delete(correlationId);
    }
  }

  /** The events after a version, once and only while nothing was added here; undefined: they must be read. */
  takeFresh({ after, limit }: HistoryRange): readonly Event[] | undefined {
    const fresh = this.#fresh;
    this.#fresh = undefined;
    const first = fresh?.events[0]?.version;
    const last = fresh?.events.at(-1)?.version;
    if (!fresh || first === undefined || last === undefined) return undefined;
    if (limit !== undefined || after < first - 1 || after > last) return undefined;
    const isFresh = performance.now() - fresh.at < FRESH_MS;
    if (!isFresh || (this.projection?.run.version ?? last) !== last) return undefined;
    return fresh.events.filter(({ version }) => version > after);
  }

  dropFresh(): void {
    this.#fresh = undefined;
  }
}

/**
 * What is known of runs that are not held: most are held again, and their history need not be read from its start.
 *
 * The one unused for longest is forgotten first.
 */
export class ParkedRuns {
  readonly #runsMax: number;
  readonly #eventsMax: number;
  readonly #runs = new Map<string, KnownRun>();
  #events = 0;

  constructor(bounds: { readonly runs: number; readonly events: number }) {
    this.#runsMax = bounds.runs;
    this.#eventsMax = bounds.events;
  }

  park(runId: string, known: KnownRun): void {
    this.take(runId);
    if (!known.projection) return;
    known.dropFresh();
    this.#runs.set(runId, known);
    this.#events += known.projection.run.version;
    while (this.#runs.size > this.#runsMax || this.#events > this.#eventsMax)
      this.take(this.#runs.keys().next().value!);
  }

  take(runId: string): KnownRun | undefined {
    const known = this.#runs.get(runId);
    if (!known) return undefined;
    this.#runs.delete(runId);
    this.#events -= known.projection?.run.version ?? 0;
    return known;
  }

  clear(): void {
    this.#runs.clear();
    this.#events = 0;
  }
}
