/** The in-process half of a World that drives its runs from one process; what is left is storage. */
export { applyAll } from '../apply-all.ts';
export { checkAttributeCount, mergeAttributes } from '../attributes.ts';
export { admitted, checkCreation, checkOutcome, checkRequest, checkTime } from './checks.ts';
export { Hints } from './hints.ts';
export type { HistoryStore } from './history-store.ts';
export { copyRun, type LiveRun } from './live-run.ts';
export { LiveRuns } from './live-runs.ts';
export { endOfAttempt, LiveSteps } from './live-steps.ts';
export { actOnOffered } from './offers.ts';
export { checkedSend } from './outside-events.ts';
export { checkRange, pageLimitOf, pageOf } from './pages.ts';
export { RunTable, type RunTableOptions } from './run-table.ts';
export { checkChunks, checkStreamName, isPageFull, streamRangeOf } from './stream-requests.ts';
export { StreamWatchers } from './stream-watchers.ts';
export { type RetainedToken, retainedTokensOf } from './tokens.ts';
