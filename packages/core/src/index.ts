export type { HookInfo, Workflow, WorkflowReference } from './client.ts';
export type { Duration } from './duration.ts';
export * from './errors.ts';
export type { Hook, HookOptions } from './guest/hook.ts';
export {
  createHook,
  getStepMetadata,
  getWorkflowMetadata,
  type StepMetadata,
  sleep,
  type WorkflowMetadata,
} from './host-api.ts';
export { type Key, parseKeys } from './payload/cipher.ts';
export { hashOf, type ProgramSource } from './program.ts';
export { Run, type RunAccess } from './run.ts';
export { createRuntime, Runtime, type RuntimeOptions } from './runtime.ts';
export type { LogLine } from './sandbox.ts';
export type { Counters } from './step-consumer.ts';
