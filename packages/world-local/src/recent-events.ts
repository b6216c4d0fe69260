import { copyEvent, type Event } from '@perdure/world';
import { RECENT_EVENTS_BYTES_MAX, RECENT_EVENTS_ENTRIES_MAX } from './limits.ts';

interface Entry {
  readonly runId: string;
  readonly event: Event;
  readonly bytes: number;
  older: Entry | undefined;
  newer: Entry | undefined;
}

interface RunEntries {
  /** Dense by version; the oldest are let go from the front. */
  entries: Entry[];
  /** Versions below are not here. */
  first: number;
}

/**
 * The events that this process wrote last, over all active runs: what makes an incremental read need no file.
 *
 * Bounded by `RECENT_EVENTS_BYTES_MAX` (the bytes of their lines) and `RECENT_EVENTS_ENTRIES_MAX`; the oldest go
 * first, over all runs. An event larger than the byte bound is not kept, nor are the earlier ones of its run:
 * what is kept of a run is always its tail. Events are detached from callers in both directions.
 */
export class RecentEvents {
  readonly #runs = new Map<string, RunEntries>();
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  #entries = 0;
  #bytes = 0;

  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps an event that nobody else holds; versions of a run come in order. */
  add(event: Event, bytes: number): void {
    const { runId, version } = event;
    if (bytes > RECENT_EVENTS_BYTES_MAX) {
      this.forget(runId);
      return;
    }
    const entry: Entry = { runId, event, bytes, older: this.#newest, newer: undefined };
    let run = this.#runs.get(runId);
    if (!run) {
      run = { entries: [], first: version };
      this.#runs.set(runId, run);
    }
    run.entries.push(entry);
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
    this.#entries += 1;
    this.#bytes += bytes;
    while (this.#entries > RECENT_EVENTS_ENTRIES_MAX || this.#bytes > RECENT_EVENTS_BYTES_MAX)
      this.#dropOldest();
  }

  /** Copies of the events after a version up to `last`; undefined when not all of them are here. */
  read(runId: string, after: number, last: number): Event[] | undefined {
    const run = this.#runs.get(runId);
    if (!run || after + 1 < run.first) return undefined;
    const from = after + 1 - run.first;
    if (run.entries.length < last + 1 - run.first) return undefined;
    const events: Event[] = [];
    for (let index = from; index <= last - run.first; index += 1) {
      events.push(copyEvent(run.entries[index]!.event));
    }
    return events;
  }

  /** Lets go of a run: it has ended, or its entries have a gap. */
  forget(runId: string): void {
    const run = this.#runs.get(runId);
    if (!run) return;
    this.#runs.delete(runId);
    for (const entry of run.entries) this.#unlink(entry);
  }

  clear(): void {
    this.#runs.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#entries = 0;
    this.#bytes = 0;
  }

  #dropOldest(): void {
    const entry = this.#oldest!;
    this.#unlink(entry);
    const run = this.#runs.get(entry.runId)!;
    run.entries.shift();
    run.first += 1;
    if (run.entries.length === 0) this.#runs.delete(entry.runId);
  }

  #unlink(entry: Entry): void {
    if (entry.older) entry.older.newer = entry.newer;
    else this.#oldest = entry.newer;
    if (entry.newer) entry.newer.older = entry.older;
    else this.#newest = entry.older;
    this.#entries -= 1;
    this.#bytes -= entry.bytes;
  }
}
