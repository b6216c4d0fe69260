export { healthUnknown } from './channel-messages.ts';
export type { HookInfo, Workflow, WorkflowReference } from './client.ts';
export { type Duration, timeAfter } from './duration.ts';
export * from './errors.ts';
export { flowPath } from './flow-server.ts';
export type { Hook, HookOptions } from './guest/hook.ts';
export type { Webhook, WebhookOptions, WebhookRequest } from './guest/webhook.ts';
export type { Health } from './health.ts';
export { checkPayload, type HookDefinition, type StandardSchema } from './hook-definition.ts';
export { tokenOf } from './hook-token.ts';
export {
  createHook,
  createWebhook,
  getAttributes,
  getStepMetadata,
  getWorkflowMetadata,
  getWritable,
  type StepMetadata,
  setAttributes,
  sleep,
  type WorkflowMetadata,
} from './host-api.ts';
export type { RequestDetails } from './http-routes.ts';
export { type EndedRun, type LifecycleHooks, registerLifecycleHooks } from './lifecycle.ts';
export type { Limits } from './limits.ts';
export {
  type ViewedEvent,
  type ViewedRun,
  type ViewedStep,
  type ViewOptions,
  viewArguments,
  viewChunk,
  viewEvent,
  viewRun,
} from './observation.ts';
export { type Key, parseKeys } from './payload/cipher.ts';
export { type PayloadView, viewPayload } from './payload/view.ts';
export { hashOf, type ProgramSource } from './program.ts';
export type { ProgramMove } from './program-move.ts';
export { signRequest } from './request-signature.ts';
export { Run, type RunAccess } from './run.ts';
export { checkServing, createRuntime, Runtime, type UpgradeOptions } from './runtime.ts';
export type { RuntimeOptions } from './runtime-options.ts';
export type { LogLine } from './sandbox.ts';
export { WORKFLOW_DESERIALIZE, WORKFLOW_SERIALIZE } from './serde.ts';
export {
  parseClassName,
  parseStepName,
  parseWorkflowName,
  type SiteKind,
  type SiteName,
  shortName,
} from './site-names.ts';
export type { StartOptions } from './start-options.ts';
export type { Counters } from './step-consumer.ts';
export { currentStep } from './step-context.ts';
export type { RetryPolicy } from './step-options.ts';
export type { ReadOptions, RunReadable, StreamPlace } from './stream-place.ts';
export { parseValue, stringifyValue } from './value-text.ts';
