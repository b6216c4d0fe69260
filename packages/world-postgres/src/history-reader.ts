/** Histories read back; those asked for in one tick come with one statement. */
import { type Event, worldErrors } from '@perdure/world';
import { Batcher } from './batcher.ts';
import type { Database } from './database.ts';
import { type EventRow, eventColumns, eventOf } from './event-row.ts';
import { HISTORIES_PER_STATEMENT, STATEMENTS_UNDER_WAY } from './limits.ts';

interface Asked {
  readonly runId: string;
  readonly after: number;
  readonly limit?: number;
}

interface Row extends EventRow {
  readonly run_id: string;
}

export class HistoryReader {
  readonly #database: Database;
  readonly #batcher: Batcher<Asked, EventRow[]>;

  constructor(database: Database) {
    this.#database = database;
    this.#batcher = new Batcher({
      run: (batch) => (batch.length === 1 ? this.#one(batch[0]!) : this.#several(batch)),
      onFailure: 'ask-alone',
      weigh: () => 0,
      itemsMax: HISTORIES_PER_STATEMENT,
      underWayMax: STATEMENTS_UNDER_WAY,
    });
  }

  /** Throws RUN_NOT_FOUND, DATA_DAMAGED. */
  async read(runId: string, range: { readonly after: number; readonly limit?: number }): Promise<Event[]> {
    const rows = await this.#batcher.ask({ runId, ...range });
    if (rows.length === 0 && !(await this.#exists(runId))) throw worldErrors.runNotFound(runId);
    return rows.map((row) => eventOf(runId, row));
  }

  async #one({ runId, after, limit }: Asked): Promise<[EventRow[]]> {
    const rows = await this.#database.run<EventRow>({
      what: 'read a history',
      text: `SELECT ${eventColumns('e')} FROM "${this.#database.schema}".events e WHERE run_id = $1 AND version > $2 ORDER BY version LIMIT $3`,
      values: () => [runId, after, limit ?? null],
    });
    return [rows];
  }

  async #several(batch: readonly Asked[]): Promise<EventRow[][]> {
    const rows = await this.#database.run<Row & { readonly place: number }>({
      what: 'read histories',
      text: `SELECT a.place::int4 AS place, e.run_id, ${eventColumns('e')} FROM unnest($1::text[], $2::int[], $3::int[]) WITH ORDINALITY AS a(run, beyond, most, place)
        CROSS JOIN LATERAL (SELECT * FROM "${this.#database.schema}".events WHERE run_id = a.run AND version > a.beyond ORDER BY version LIMIT a.most) e`,
      values: () => [
        batch.map(({ runId }) => runId),
        batch.map(({ after }) => after),
        batch.map(({ limit }) => limit ?? null),
      ],
    });
    const histories: EventRow[][] = batch.map(() => []);
    for (const row of rows) histories[row.place - 1]!.push(row);
    for (const history of histories) history.sort((left, right) => left.version - right.version);
    return histories;
  }

  async #exists(runId: string): Promise<boolean> {
    const rows = await this.#database.run({
      what: 'look for a run',
      text: `SELECT 1 FROM "${this.#database.schema}".runs WHERE run_id = $1`,
      values: () => [runId],
    });
    return rows.length > 0;
  }
}
