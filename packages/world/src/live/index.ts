/** The in-process half of a World that drives its runs from one process; what is left is storage. */
export { applyAll } from '../apply-all.ts';
export { checkAttributeCount, mergeAttributes } from '../attributes.ts';
export { admitted, checkCreation, checkRequest, checkTime } from './checks.ts';
export { Hints } from './hints.ts';
export type { HistoryStore } from './history-store.ts';
export { copyRun, type LiveRun } from './live-run.ts';
export { LiveRuns, type LiveRunsOptions } from './live-runs.ts';
export { checkedSend } from './outside-events.ts';
export { checkRange, pageLimitOf, pageOf } from './pages.ts';
export { checkChunks, checkStreamName, isPageFull, streamRangeOf } from './stream-requests.ts';
export { StreamWatchers } from './stream-watchers.ts';
export { type RetainedToken, retainedTokensOf } from './tokens.ts';
