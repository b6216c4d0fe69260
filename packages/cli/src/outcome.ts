/** How a run went, for people and for programs. */
import { inspect } from 'node:util';
import { type Runtime, WorkflowRunFailedError } from '@perdure/core';
import type { RunProjection } from '@perdure/world';
import { exitCodes } from './command.ts';
import { jsonValue } from './json-value.ts';
import { leftRunning, runCancelled, runCompleted, runFailed, runPaused } from './messages.ts';
import { durationText } from './time-text.ts';

export interface OutcomeRecord {
  readonly runId: string;
  readonly status: string;
  readonly returnValue?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
}

export interface Outcome {
  readonly record: OutcomeRecord;
  /** What a person reads; `value` is what the workflow returned or threw. */
  readonly text: string;
  readonly value?: string;
  readonly exitCode: number;
}

/** Throws `PayloadError` when the value cannot be opened. */
export async function outcomeOf(run: RunProjection, runtime: Runtime, worldFlags: string): Promise<Outcome> {
  const { runId, status } = run;
  const shown = { runId, worldName: runtime.world.name, worldFlags };
  const took = durationText((run.completedAt ?? run.updatedAt) - run.createdAt);
  const exitCode = exitCodes.failed;
  switch (status) {
    case 'completed': {
      const value = await runtime.getRun(runId).returnValue;
      const returnValue = jsonValue(value);
      const record = { runId, status, ...(returnValue === undefined ? {} : { returnValue }) };
      return { record, text: runCompleted(runId, took), value: valueText(value), exitCode: exitCodes.done };
    }
    case 'failed': {
      const { cause, errorCode } = await failureOf(runId, runtime);
      const record = { runId, status, error: errorRecord(cause, errorCode) };
      return { record, text: runFailed(runId, took), value: valueText(cause), exitCode };
    }
    case 'cancelled': {
      const text = runCancelled(runId, run.cancelReason);
      const error = { name: 'WorkflowRunCancelledError', message: text, code: 'RUN_CANCELLED' };
      return { record: { runId, status, error }, text, exitCode };
    }
    case 'paused': {
      const reason = run.pauseReason ?? { code: 'UNKNOWN', message: 'no reason is known' };
      const error = { name: 'WorkflowRunPaused', message: reason.message, code: reason.code };
      return { record: { runId, status, error }, text: runPaused(shown, reason), exitCode };
    }
    default:
      return { record: { runId, status }, text: leftRunning(shown), exitCode };
  }
}

interface Failure {
  /** What the workflow threw. */
  readonly cause: unknown;
  readonly errorCode: string;
}

async function failureOf(runId: string, runtime: Runtime): Promise<Failure> {
  try {
    await runtime.getRun(runId).returnValue;
  } catch (error) {
    if (!WorkflowRunFailedError.is(error)) throw error;
    return { cause: error.cause, errorCode: error.errorCode };
  }
  throw new TypeError(`Expected run ${runId} to have failed, got a value`);
}

function errorRecord(cause: unknown, errorCode: string): OutcomeRecord['error'] {
  const { name, message, code } = (cause ?? {}) as { name?: unknown; message?: unknown; code?: unknown };
  if (typeof name !== 'string' || typeof message !== 'string') {
    return { name: 'NonError', message: valueText(cause), code: errorCode };
  }
  return { name, message, ...(typeof code === 'string' ? { code } : {}) };
}

function valueText(value: unknown): string {
  return inspect(value, { depth: 8, maxStringLength: 10_000 });
}
