/** What workflow and step code imports. Inside a workflow the same names mean the sandbox's own (see `guest.ts`). */
export {
  createHook,
  createWebhook,
  type Duration,
  FatalError,
  getAttributes,
  getStepMetadata,
  getWorkflowMetadata,
  getWritable,
  type Hook,
  type HookDefinition,
  type HookOptions,
  RetryableError,
  type RetryPolicy,
  type StandardSchema,
  type StepMetadata,
  setAttributes,
  sleep,
  type Webhook,
  type WebhookOptions,
  type WebhookRequest,
  WORKFLOW_DESERIALIZE,
  WORKFLOW_SERIALIZE,
  type WorkflowMetadata,
} from '@perdure/core';
export { defineHook } from './define-hook.ts';

/** `fetch` for workflows, where it is a step of the engine; on the host it is the global one. */
export const fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
