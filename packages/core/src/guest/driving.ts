/** What `perdure/api` means in workflow code: the same calls, made by steps of the engine. */
import type { WorkflowReference } from '../client.ts';
import { tokenOf } from '../hook-token.ts';
import { absentInWorkflow, notAWorkflow } from '../messages.ts';
import type { StartOptions } from '../start-options.ts';
import { runBuiltin } from './builtin-steps.ts';
import { type Run, runHandle } from './run-handle.ts';

interface HookInfo {
  readonly runId: string;
  readonly token: string;
  readonly metadata: unknown;
}

/** Starts a child run; this run is its parent. Throws NOT_A_WORKFLOW; rejects with what `start` of the host throws. */
export async function start<R = unknown>(
  workflow: WorkflowReference | ((...args: never[]) => Promise<R>),
  args: readonly unknown[] = [],
  options: Omit<StartOptions, 'world'> = {},
): Promise<Run<R>> {
  const workflowId = (workflow as Partial<WorkflowReference> | null | undefined)?.workflowId;
  if (typeof workflowId !== 'string') throw notAWorkflow(workflow);
  return runHandle<R>(await runBuiltin<string>('startRun', workflowId, args, options));
}

/** A handle of a run; no check. */
export function getRun<R = unknown>(runId: string): Run<R> {
  return runHandle<R>(runId);
}

/** Sends a payload to the hook of another run, by its token or by what has it. Rejects with `HookNotFoundError`. */
export function resumeHook(
  hook: string | { readonly token: string },
  payload: unknown,
  options: { readonly id?: string } = {},
): Promise<HookInfo> {
  return runBuiltin('resumeHook', tokenOf(hook), payload, options);
}

/** Rejects with `HookNotFoundError`. */
export function getHookByToken(token: string): Promise<HookInfo> {
  return runBuiltin('getHookByToken', token);
}

// A file with workflows may hold host code, too, which imports these: they are there, and say so when a workflow calls them.
const onHost = (name: string) => (): never => {
  throw absentInWorkflow(`${name}()`, 'Call it in host code: where the app starts, or in a route.');
};

export const registerLifecycleHooks: () => never = onHost('registerLifecycleHooks');
export const resumeWebhook: () => never = onHost('resumeWebhook');
export const createHandler: () => never = onHost('createHandler');
export const handleRequest: () => never = onHost('handleRequest');
