/** Runs as rows. */
import { isEnded, isId, type RunProjection, type RunStatus } from '@perdure/world';
import { fromColumn, toColumn } from './column-text.ts';
import { rowDamaged } from './messages.ts';

/** A row of the table of runs, as `row_to_json` writes it. */
export interface RunRow {
  readonly run_id: string;
  readonly workflow_name: string;
  readonly program: string;
  readonly status: string;
  readonly version: number;
  readonly worker: string | null;
  readonly epoch: number;
  readonly wake_at: number | null;
  readonly key: string | null;
  readonly parent_run_id: string | null;
  readonly root_run_id: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly completed_at: number | null;
  readonly updated_at: number;
  readonly attributes: Record<string, string>;
  readonly pause_reason: RunProjection['pauseReason'] | null;
  readonly error_code: string | null;
  readonly cancel_reason: string | null;
}

const statuses: readonly string[] = ['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'];

/** Throws DATA_DAMAGED for a row that is no run. */
export function runOf(row: RunRow): RunProjection {
  const { run_id: runId, status, version, attributes } = row;
  if (
    !isId(runId) ||
    !statuses.includes(status) ||
    !Number.isSafeInteger(version) ||
    typeof attributes !== 'object'
  )
    throw rowDamaged('runs', `run ${runId}`, 'fields that no run has');
  const run: RunProjection = {
    runId,
    workflowName: fromColumn(row.workflow_name),
    program: fromColumn(row.program),
    status: status as RunStatus,
    version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    attributes,
    ...(row.parent_run_id === null ? {} : { parentRunId: row.parent_run_id }),
    ...(row.root_run_id === null ? {} : { rootRunId: row.root_run_id }),
    ...(row.key === null ? {} : { key: fromColumn(row.key) }),
  };
  if (row.started_at !== null) run.startedAt = row.started_at;
  if (row.completed_at !== null) run.completedAt = row.completed_at;
  if (row.pause_reason !== null) run.pauseReason = row.pause_reason;
  if (row.error_code !== null) run.errorCode = fromColumn(row.error_code);
  if (row.cancel_reason !== null) run.cancelReason = fromColumn(row.cancel_reason);
  return run;
}

/**
 * What an append changes in the row of its run besides the version and the time; undefined for nothing.
 *
 * `owns`: whether it has tokens or offered steps, that its end frees.
 */
export function changeOf(
  before: RunProjection,
  run: RunProjection,
  owns: () => 'something' | 'nothing',
): Readonly<Record<string, unknown>> | undefined {
  const same =
    run.status === before.status && run.attributes === before.attributes && run.program === before.program;
  if (same && run.startedAt === before.startedAt && run.pauseReason === before.pauseReason) return undefined;
  return {
    changed: true,
    status: run.status,
    started: run.startedAt,
    completed: run.completedAt,
    program: toColumn(run.program),
    attributes: run.attributes === before.attributes ? undefined : JSON.stringify(run.attributes),
    pause: run.pauseReason && JSON.stringify(run.pauseReason),
    error: run.errorCode === undefined ? undefined : toColumn(run.errorCode),
    cancel: run.cancelReason === undefined ? undefined : toColumn(run.cancelReason),
    owns: isEnded(run.status) && owns() === 'something',
  };
}
