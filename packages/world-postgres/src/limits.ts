/** Every bound of this World, with its unit. */

/** Appends that share a statement, a round trip and a commit. */
export const APPENDS_PER_STATEMENT = 64;
/** Characters or bytes of what shares a statement: the one that reaches it is the last. */
export const BATCH_WEIGHT_MAX: number = 4 * 1024 * 1024;
/** Statements of one kind under way at a time; what comes meanwhile shares the next. */
export const STATEMENTS_UNDER_WAY = 2;

/** For how long a statement is tried again, and whether the database can be reached at all. */
export const RETRY_MS = 15_000;
export const OPEN_RETRY_MS = 5_000;

/** Connections of the pool that this World makes. */
export const POOL_MAX = 10;
export const CONNECT_TIMEOUT_MS = 10_000;
export const QUERY_TIMEOUT_MS = 60_000;

/** How long hints may be waited for while they come. */
export const LOOK_AGAIN_MS = 5_000;
/** Without them: after a look that found something, and at rest. */
export const LOOK_SOON_MS = 100;
export const LOOK_LATE_MS = 3_000;

/** How often it is tried whether notifications arrive. */
export const HELLO_MS = 30_000;
export const HELLO_TIMEOUT_MS = 3_000;
export const RECONNECT_MS = 1_000;

/** For how long a process whose main thread is busy keeps its claims. */
export const STALL_MS = 300_000;

/** Runs of which this process knows the state without holding them, and the events of all of them. */
export const PARKED_RUNS_MAX = 1_000;
export const PARKED_EVENTS_MAX = 200_000;
/** Last events of a run that come with its claim. */
export const RECENT_EVENTS = 8;
/** For how long events that came with a claim are read without asking: who claimed reads them at once. */
export const FRESH_MS = 5_000;

/** Runs removed by one statement. */
export const PRUNE_BATCH = 200;

/** Histories read by one statement. */
export const HISTORIES_PER_STATEMENT = 32;

/** Runs read by one statement. */
export const RUNS_PER_STATEMENT = 64;
/** Runs that ended here and are read again without asking, and the characters of the events that ended each. */
export const ENDED_RUNS_MAX = 500;
export const ENDED_RUN_CHARACTERS_MAX: number = 16 * 1024;

/** Runs of which it is remembered when something was heard last. */
export const NEWS_MAX = 1_000;
/** For how long a run that ended here is read again without asking. */
export const ENDED_MS = 10_000;
