/**
 * The append that nearly all are, one run's that stays with its owner, as a statement of its own: the function that takes
 * any number of any appends, `append` of the schema, costs the server half as much again.
 */
import type { WrittenEvent } from './event-row.ts';

export interface HeldAppend {
  readonly run: string;
  readonly worker: string;
  readonly epoch: number;
  readonly after: number;
  readonly write: string;
  readonly tail: number;
  readonly wake: number | undefined;
  readonly updated: number;
  readonly events: readonly WrittenEvent[];
}

/** Writes all or nothing; a row tells that it did. What was in its way, or that it happened before, `append` knows. */
export function textOfHeldAppend(schema: string): string {
  const now = 'coalesce($9::float8, extract(epoch FROM clock_timestamp())::float8 * 1000)';
  return `WITH written AS (
  UPDATE "${schema}".runs k SET version = $5, last_write = $6, updated_at = $8,
      wake_at = CASE WHEN $7::float8 <= ${now} AND k.wake_at <= ${now} THEN k.wake_at ELSE $7 END
    WHERE k.run_id = $1 AND k.held AND k.epoch = $2 AND k.worker = $3 AND k.version = $4
    RETURNING k.run_id), added AS (
  INSERT INTO "${schema}".events (run_id, version, event_type, correlation_id, key, subject, created_at, data)
    SELECT w.run_id, e.v, e.type, e.id, e.key, e.subject, e.at, e.data::json FROM written w,
      json_to_recordset($10) AS e(v integer, type text, id text, key text, subject text, at double precision, data text))
SELECT true FROM written`;
}

export function valuesOfHeldAppend(append: HeldAppend, at: number | null): unknown[] {
  const { run, epoch, worker, after, tail, write, wake, updated, events } = append;
  return [run, epoch, worker, after, tail, write, wake ?? null, updated, at, JSON.stringify(events)];
}
