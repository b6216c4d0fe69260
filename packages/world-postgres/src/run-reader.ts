/** Runs read back: those asked for in one tick with one statement, and those that ended here a moment ago without any. */
import { copyEvent, type Event, type RunProjection } from '@perdure/world';
import { copyRun } from '@perdure/world/live';
import { Batcher } from './batcher.ts';
import type { Database } from './database.ts';
import {
  ENDED_MS,
  ENDED_RUN_CHARACTERS_MAX,
  ENDED_RUNS_MAX,
  RUNS_PER_STATEMENT,
  STATEMENTS_UNDER_WAY,
} from './limits.ts';
import { type RunRow, runOf } from './run-row.ts';

interface Ended {
  readonly run: RunProjection;
  /** What ended it. */
  readonly last: Event;
  readonly at: number;
}

export class RunReader {
  readonly #database: Database;
  readonly #batcher: Batcher<string, RunProjection | undefined>;
  /** An ended run never changes: who waits for its end asks for it at once. */
  readonly #ended = new Map<string, Ended>();

  constructor(database: Database) {
    this.#database = database;
    this.#batcher = new Batcher({
      run: (ids) => this.#several(ids),
      onFailure: 'ask-alone',
      weigh: () => 0,
      itemsMax: RUNS_PER_STATEMENT,
      underWayMax: STATEMENTS_UNDER_WAY,
    });
  }

  async get(runId: string): Promise<RunProjection | undefined> {
    const ended = this.#find(runId);
    return ended ? copyRun(ended.run) : this.#batcher.ask(runId);
  }

  /** The event that ended a run, when that is what comes after a version. */
  lastAfter(runId: string, after: number): Event | undefined {
    const last = this.#find(runId)?.last;
    return last?.version === after + 1 ? copyEvent(last) : undefined;
  }

  /** A run ended by a write of this process. `characters` are those of its last events. */
  ended(run: RunProjection, last: Event, characters: number): void {
    if (characters > ENDED_RUN_CHARACTERS_MAX) return;
    this.#ended.set(run.runId, { run: copyRun(run), last: copyEvent(last), at: performance.now() });
    if (this.#ended.size > ENDED_RUNS_MAX) this.#ended.delete(this.#ended.keys().next().value!);
  }

  #find(runId: string): Ended | undefined {
    const ended = this.#ended.get(runId);
    // It may have been removed since.
    return ended && performance.now() - ended.at < ENDED_MS ? ended : undefined;
  }

  clear(): void {
    this.#ended.clear();
  }

  async #several(ids: readonly string[]): Promise<(RunProjection | undefined)[]> {
    const rows = await this.#database.run<{ run: string }>({
      what: 'read runs',
      text: `SELECT row_to_json(r) AS run FROM "${this.#database.schema}".runs r WHERE run_id = ANY ($1)`,
      values: () => [ids],
    });
    const runs = new Map<string, RunProjection>();
    for (const { run: text } of rows) {
      const run = runOf(JSON.parse(text) as RunRow);
      runs.set(run.runId, run);
    }
    return ids.map((runId) => {
      const run = runs.get(runId);
      return run && copyRun(run);
    });
  }
}
