/** Driving workflows from routes, scripts and steps. */
import {
  currentStep,
  type HookInfo,
  Run,
  type StartOptions,
  tokenOf,
  type Workflow,
  type WorkflowReference,
} from '@perdure/core';
import { getRuntime } from './ambient.ts';
import { processAccess } from './process-access.ts';

export type {
  EndedRun,
  HookInfo,
  LifecycleHooks,
  Run,
  StartOptions,
  Workflow,
  WorkflowReference,
} from '@perdure/core';
export { registerLifecycleHooks } from '@perdure/core';
export { createHandler, type Handler, handleRequest } from './handler.ts';

/**
 * Starts a run; durable when it resolves. The process drives it, unless WORKFLOW_WORKER=off. Called in a step, the new
 * run is a child of the step's run, in its world.
 *
 * Throws `SerializationError`, NOT_A_WORKFLOW, PROGRAM_UNKNOWN, KEY_TAKEN.
 */
export async function start<Args extends unknown[], R>(
  workflow: Workflow<Args, R> | WorkflowReference,
  args?: Args,
  options: StartOptions = {},
): Promise<Run<R>> {
  const { world, ...rest } = options;
  const step = currentStep();
  if (step && !world) return step.client.start<R>(workflow as WorkflowReference, args ?? [], rest);
  return (await getRuntime(world)).start<Args, R>(workflow, args, rest);
}

/** A handle of a run of the process's world, in a step of the step's world; no check, no I/O. */
export function getRun<R = unknown>(runId: string): Run<R> {
  return new Run<R>(currentStep()?.client ?? processAccess, runId);
}

/** Sends a payload to a hook, by its token or by what has it; durable when it resolves, idempotent with `id`. Throws `HookNotFoundError`. */
export async function resumeHook(
  hook: string | { readonly token: string },
  payload: unknown,
  options?: { readonly id?: string },
): Promise<HookInfo> {
  const client = currentStep()?.client ?? (await getRuntime());
  return client.resumeHook(tokenOf(hook), payload, options);
}

/** Gives a request to the webhook with a token, and its answer. Throws `HookNotFoundError`, WEBHOOK_UNANSWERED. */
export async function resumeWebhook(token: string, request: Request): Promise<Response> {
  return (await getRuntime()).resumeWebhook(token, request);
}

/** Throws `HookNotFoundError`. */
export async function getHookByToken(token: string): Promise<HookInfo> {
  return (await getRuntime()).getHookByToken(token);
}
