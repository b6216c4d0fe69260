/** Driving workflows from routes, scripts and steps. */
import { type HookInfo, Run, type RunAccess, type Workflow, type WorkflowReference } from '@perdure/core';
import type { World } from '@perdure/world';
import { getRuntime } from './ambient.ts';

export type { HookInfo, Run, Workflow, WorkflowReference } from '@perdure/core';

export interface StartOptions {
  /** Where the run lives. Default: the process's world. */
  readonly world?: World;
}

/**
 * Starts a run; durable when it resolves. The process drives it, unless WORKFLOW_WORKER=off.
 *
 * Throws `SerializationError`, NOT_A_WORKFLOW, PROGRAM_UNKNOWN.
 */
export async function start<Args extends unknown[], R>(
  workflow: Workflow<Args, R> | WorkflowReference,
  args?: Args,
  options: StartOptions = {},
): Promise<Run<R>> {
  const runtime = await getRuntime(options.world);
  return runtime.start<Args, R>(workflow, args);
}

/** Looks through the process's runtime, whenever that is ready. */
const access: RunAccess = {
  find: async (runId) => (await getRuntime()).access.find(runId),
  projection: async (runId) => (await getRuntime()).access.projection(runId),
  result: async (runId) => (await getRuntime()).access.result(runId),
  cancel: async (runId, reason) => (await getRuntime()).access.cancel(runId, reason),
};

/** A handle of a run of the process's world; no check, no I/O. */
export function getRun<R = unknown>(runId: string): Run<R> {
  return new Run<R>(access, runId);
}

/** Sends a payload to the hook with a token; durable when it resolves, idempotent with `id`. Throws `HookNotFoundError`. */
export async function resumeHook(
  token: string,
  payload: unknown,
  options?: { readonly id?: string },
): Promise<HookInfo> {
  return (await getRuntime()).resumeHook(token, payload, options);
}

/** Throws `HookNotFoundError`. */
export async function getHookByToken(token: string): Promise<HookInfo> {
  return (await getRuntime()).getHookByToken(token);
}
