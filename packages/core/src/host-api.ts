/** What `import ... from 'perdure'` means on the host, in steps and in ordinary code. */

import type { Duration } from './duration.ts';
import type { Hook, HookOptions } from './guest/hook.ts';
import type { Webhook, WebhookOptions } from './guest/webhook.ts';
import { onlyInRun, onlyInStep, onlyInWorkflow } from './messages.ts';
import { currentStep } from './step-context.ts';
import { defaultStream } from './stream-place.ts';

export interface StepMetadata {
  readonly stepName: string;
  /** The same for every attempt: an idempotency key. */
  readonly stepId: string;
  readonly stepStartedAt: Date;
  /** 1 for the first. */
  readonly attempt: number;
  /** Aborts when the attempt takes too long, on cancellation, and when another worker has the run. */
  readonly signal: AbortSignal;
}

/** Facts about the attempt that runs. Throws `ContextError` outside a step. */
export function getStepMetadata(): StepMetadata {
  const context = currentStep();
  if (!context) throw onlyInStep('getStepMetadata');
  const { stepName, stepId, stepStartedAt, attempt, signal } = context;
  return { stepName, stepId, stepStartedAt, attempt, signal };
}

export interface WorkflowMetadata {
  readonly workflowName: string;
  readonly workflowRunId: string;
  readonly workflowStartedAt: Date;
  /** Where the app is reached: what the start of the run recorded. */
  readonly url: string;
  readonly features: {
    /** Whether the payloads of the run are sealed. */
    readonly encryption: boolean;
  };
}

/** Facts about the run, in a workflow or in one of its steps. Throws `ContextError` elsewhere. */
export function getWorkflowMetadata(): WorkflowMetadata {
  const context = currentStep();
  if (!context) throw onlyInRun('getWorkflowMetadata');
  const { workflowName, workflowRunId, workflowStartedAt, url, encryption } = context;
  return { workflowName, workflowRunId, workflowStartedAt, url, features: { encryption } };
}

/**
 * Merges facts into the attributes of the run, in a workflow or one of its steps; undefined deletes one.
 *
 * Keys have 1 to 256 characters, values at most 256 bytes, a run at most 64; `$` begins reserved keys. Throws
 * `LimitError`, ATTRIBUTE_INVALID, and `ContextError` outside a run.
 */
export async function setAttributes(
  changes: Readonly<Record<string, string | undefined>>,
  options: { readonly allowReservedAttributes?: boolean } = {},
): Promise<void> {
  const context = currentStep();
  if (!context) throw onlyInRun('setAttributes');
  const keys = options.allowReservedAttributes ? 'reserved' : 'own';
  await context.client.setAttributes(context.workflowRunId, changes, keys);
}

/** The attributes of the run, in a workflow or one of its steps; throws `ContextError` elsewhere. */
export async function getAttributes(): Promise<Record<string, string>> {
  const context = currentStep();
  if (!context) throw onlyInRun('getAttributes');
  return (await context.client.projection(context.workflowRunId)).attributes;
}

/** A stream of the run, in one of its steps; in a workflow a handle to pass on. Throws `ContextError` outside a run. */
export function getWritable<T = unknown>(options: { readonly namespace?: string } = {}): WritableStream<T> {
  const context = currentStep();
  if (!context) throw onlyInRun('getWritable');
  return context.client.writable<T>({
    runId: context.workflowRunId,
    name: options.namespace ?? defaultStream,
  });
}

/** Makes a webhook, in a workflow; throws `ContextError` elsewhere. */
export function createWebhook(_options?: WebhookOptions): Webhook {
  throw onlyInWorkflow('createWebhook');
}

/** Waits durably, in a workflow; throws `ContextError` elsewhere. */
export function sleep(_duration: Duration): Promise<void> {
  throw onlyInWorkflow('sleep');
}

/** Makes a hook, in a workflow; throws `ContextError` elsewhere. */
export function createHook<T = unknown>(_options?: HookOptions): Hook<T> {
  throw onlyInWorkflow('createHook');
}
