/** The in-process half of a World that drives its runs from one process; what is left is storage. */
export { Hints } from './hints.ts';
export type { HistoryStore } from './history-store.ts';
export { copyRun, type LiveRun } from './live-run.ts';
export { LiveRuns } from './live-runs.ts';
export { LiveSteps } from './live-steps.ts';
export { checkedSend } from './outside-events.ts';
export { checkRange, pageOf } from './pages.ts';
export { RunTable, type RunTableOptions } from './run-table.ts';
export { checkChunks, checkStreamName, isPageFull, streamRangeOf } from './stream-requests.ts';
export { StreamWatchers } from './stream-watchers.ts';
export { type RetainedToken, retainedTokensOf } from './tokens.ts';
