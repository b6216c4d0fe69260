/** What workflow and step code imports. Inside a workflow the same names mean the sandbox's own (see `guest.ts`). */
export {
  createHook,
  type Duration,
  FatalError,
  getAttributes,
  getStepMetadata,
  getWorkflowMetadata,
  type Hook,
  type HookOptions,
  RetryableError,
  type RetryPolicy,
  type StepMetadata,
  setAttributes,
  sleep,
  type WorkflowMetadata,
} from '@perdure/core';
