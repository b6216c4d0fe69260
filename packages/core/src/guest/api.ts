/** What `import ... from 'perdure'` means in workflow code. */
import { onlyInStep } from '../messages.ts';
import { clock, init } from './state.ts';

export type { Duration } from '../duration.ts';
export { FatalError, RetryableError } from '../errors.ts';
export { WORKFLOW_DESERIALIZE, WORKFLOW_SERIALIZE } from '../serde.ts';
export { getAttributes, setAttributes } from './attributes.ts';
export { defineHook } from './define-hook.ts';
export { fetch } from './fetch.ts';
export { createHook, type Hook, type HookOptions } from './hook.ts';
export { getWritable } from './stream-handles.ts';
export { sleep } from './wait.ts';
export { createWebhook, type Webhook, type WebhookOptions, type WebhookRequest } from './webhook.ts';

/** Facts about the run, the same on every replay. */
export interface WorkflowMetadata {
  readonly workflowName: string;
  readonly workflowRunId: string;
  readonly workflowStartedAt: Date;
  /** Where the app is reached. */
  readonly url: string;
  readonly features: {
    /** Whether the payloads of the run are sealed. */
    readonly encryption: boolean;
  };
}

export function getWorkflowMetadata(): WorkflowMetadata {
  return {
    workflowName: init.workflowName,
    workflowRunId: init.runId,
    workflowStartedAt: new Date(clock.startedAt),
    url: init.publicUrl,
    features: { encryption: init.encryption },
  };
}

export function getStepMetadata(): never {
  throw onlyInStep('getStepMetadata');
}
