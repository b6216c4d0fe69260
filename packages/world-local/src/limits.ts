/** Every bound of this World, with its unit. */

/** The format of what is on disk; a directory of a newer one is refused. */
export const DATA_FORMAT = 1;

/** Recent events kept in memory over all active runs; an event larger than the byte bound is never kept. */
export const RECENT_EVENTS_BYTES_MAX: number = 4 * 1024 * 1024;
export const RECENT_EVENTS_ENTRIES_MAX = 1000;

/** Files of active runs held open. */
export const OPEN_FILES_MAX = 128;

/** Runs read from their files (ended ones, and all of them where another process drives) that stay folded. */
export const FOLLOWED_RUNS_MAX = 1024;
export const FOLLOWED_EVENTS_MAX = 100_000;

/** Byte offsets remembered per run; past it every second one is dropped. */
export const OFFSETS_PER_RUN_MAX = 512;
export const OFFSET_STRIDE_EVENTS = 64;

/** Tokens of ended runs are written anew on opening when more than this many, and most of them, are free by now. */
export const RETAINED_LINES_TIDY = 1000;

export const READ_CHUNK_BYTES: number = 256 * 1024;
/** A listed run that has ended is read from this much of the start and the end of its file. */
export const SUMMARY_BYTES = 4096;
/** A listing looks at this many runs before others have a turn. */
export const LISTED_PER_TURN = 100;

/** Streams of which more is known than their name; the one unused for longest is forgotten first. */
export const STREAM_LOGS_MAX = 4096;
/** Places remembered per stream; past it every second one is dropped. */
export const STREAM_OFFSETS_MAX = 256;
export const STREAM_OFFSET_STRIDE_BYTES: number = 64 * 1024;
/** More than processes that write to one stream at a time: each has one request under way. */
export const STREAM_REQUESTS_MAX = 64;
/** A name of 512 characters, each written as six, and what is around it. */
export const STREAM_HEADER_BYTES_MAX = 4096;
/** How much is read at a time to find frames, and to hand chunks out. */
export const STREAM_WINDOW_BYTES: number = 8 * 1024;
export const STREAM_READ_BYTES: number = 512 * 1024;
/** An append that is smaller is copied into one buffer to be written: cheaper than many parts. */
export const STREAM_JOINED_BYTES: number = 64 * 1024;

/** How often a driving process looks for messages and for its directory; hints make it sooner. */
export const DRIVER_POLL_MS = 100;
/** How often a process that waits for the driver looks for its reply, and for a free lock. */
export const REPLY_POLL_MS = 20;
export const LOCK_RETRY_MS = 250;
/** How long a worker's wish to drive holds; it is renewed with every look for a free lock. */
export const WAITING_MS = 1000;
/** A process that holds no claim and has not asked for runs for this long is no worker any more. */
export const WORKER_IDLE_MS = 10_000;
/** How long a driver may leave a message unanswered. */
export const REPLY_TIMEOUT_MS = 10_000;
/** Replies that nobody fetched are removed after this. */
export const STALE_REPLY_MS = 60_000;

/** Terms are at least the seconds since 1970, so that this many claims a second keep the terms' epochs apart. */
export const CLAIMS_PER_TERM: number = 2 ** 21;
/** Epochs stay exact integers. */
export const TERM_MAX: number = 2 ** 32 - 1;
