/** Looking at runs from outside, without the code of the app: for tools, logs and pages. */
export {
  type Key,
  type PayloadView,
  parseClassName,
  parseStepName,
  parseWorkflowName,
  type SiteKind,
  type SiteName,
  type ViewedEvent,
  type ViewedRun,
  type ViewedStep,
  type ViewOptions,
  viewChunk,
  viewEvent,
  viewPayload,
  viewRun,
} from '@perdure/core';
