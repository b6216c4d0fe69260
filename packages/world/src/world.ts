/**
 * The contract between the engine and an event store.
 *
 * - W1 A history is dense from 1 and never changes; every reader sees a prefix of it.
 * - W2 An append is all or nothing: events, projection and wake time in one atomic write.
 * - W3 An append not at the tail, or without the claim, writes nothing and says what it missed.
 * - W4 One terminal event per run; per correlation id one creation and one outcome; a hook token has at most
 *   one live owner over all runs, and when its run ends none for the rest of the hook's `retainMs`, counted from
 *   the hook's creation; a key has at most one live run.
 * - W5 `send` is durable when it returns, idempotent by key, and refused when the run has ended.
 * - W6 A due run without a live claim is handed to exactly one worker; if that worker stops renewing, to
 *   another within the lease. Recovery is continuous, not a start-up step.
 * - W7 Notifications are hints: with every one of them lost, everything still completes, only later.
 * - W8 Payloads are opaque; ids, tokens, tags and names are data, never paths or SQL.
 *
 * Streams keep S1 to S4 (`streams.ts`), offered steps O1 to O5 (`steps.ts`). Times are milliseconds since the epoch, by the World's own clock where it stamps them.
 */
import type { Event, EventOf, SentEvent } from './event.ts';
import type {
  ChildProjection,
  HookProjection,
  RunProjection,
  RunStatus,
  StepProjection,
  WaitProjection,
} from './projection.ts';
import type { Steps } from './steps.ts';
import type { Streams } from './streams.ts';

/** The right to drive one run. `epoch` grows with every claim of the run and fences earlier owners. */
export interface Claim {
  readonly runId: string;
  readonly worker: string;
  readonly epoch: number;
}

export interface ClaimRequest {
  readonly worker: string;
  /** How long the claim holds without a renewal, in milliseconds. */
  readonly leaseMs: number;
}

export interface ClaimDueRequest extends ClaimRequest {
  /** How many runs at most. */
  readonly limit: number;
  /** Takes runs of these workflows only. Default: of all. */
  readonly workflowNames?: readonly string[];
}

export interface Claimed {
  readonly claim: Claim;
  readonly run: RunProjection;
}

export interface ClaimResult {
  readonly claimed: Claimed[];
  /** When a run or, with none offered now, an offered step may become due; null: nothing known. */
  readonly nextWakeAt: number | null;
  /** For how many milliseconds hints may be waited for; after that it is time to look again (W7). */
  readonly lookAgainMs: number;
  /** Whether steps are offered that could be claimed now, of whatever name: one look at rest tells both. */
  readonly offered: boolean;
}

export interface CreateOptions {
  /**
   * Claims the run in the same write, only when this call created it and where this process may hold claims: no
   * claim in the answer means that whoever may will be handed the run.
   */
  readonly claimFor?: ClaimRequest;
  /** When the run is due first. Default: now. */
  readonly wakeAt?: number;
  /**
   * What happens when a live run has the event's key. `join` (default) answers with that run, `created: false`;
   * `fail` throws KEY_TAKEN; `replace` cancels it and creates this one.
   */
  readonly onConflict?: 'join' | 'fail' | 'replace';
}

export interface CreateResult {
  readonly run: RunProjection;
  readonly created: boolean;
  readonly claim?: Claim;
  /** The run that was cancelled to free the key. */
  readonly replacedRunId?: string;
}

export interface AppendOptions {
  /** The version the caller believes to be the tail. */
  readonly after: number;
  /** When the run is due next if nobody holds it; null: only an event from outside makes it due. */
  readonly wakeAt: number | null;
  /** Gives the claim back together with the write. Default: keep it. */
  readonly release?: boolean;
}

export type AppendResult =
  | { readonly kind: 'appended'; readonly version: number }
  /** Others wrote first; nothing was written. `missed` holds every event after `after`. */
  | { readonly kind: 'tail-moved'; readonly missed: Event[] }
  /** The claim is no longer the caller's; nothing was written. */
  | { readonly kind: 'claim-lost' }
  /** A hook of the append wants a token that another hook has, or keeps (`retainMs`); nothing was written. */
  | {
      readonly kind: 'token-taken';
      readonly correlationId: string;
      readonly token: string;
      readonly ownerRunId: string;
    };

export interface SendOptions {
  /** The version that must be the tail, for what was decided from a history. Default: any. */
  readonly after?: number;
  /**
   * Claims the run in the same write when nobody holds it, and where this process may hold claims: no claim in the
   * answer means that its holder, or whoever may drive it, hears of it. A duplicate claims nothing.
   */
  readonly claimFor?: ClaimRequest;
}

export interface SendResult {
  readonly event: Event;
  /** True when the key was known: `event` is the one it made the first time. */
  readonly duplicate: boolean;
  readonly claim?: Claim;
}

export interface RenewResult {
  /** Runs whose claim is no longer the caller's. */
  readonly lost: string[];
  /** Runs whose history has grown beyond the version the caller named. */
  readonly moved: string[];
}

/**
 * A hint that a run has news (W7); `offered`: a step of it may be claimed. `moved` is told of what enters from outside its
 * owner, and of an `abort_requested` by its owner: attempts of offered steps listen for it elsewhere.
 *
 * `missed`: hints of any run may have been lost, as when the connection broke that brings them; `runId` is empty. Whoever
 * waits for something looks for it now.
 */
export interface Hint {
  readonly runId: string;
  readonly kind: 'due' | 'moved' | 'ended' | 'offered' | 'missed';
}

export interface ListRequest {
  readonly limit?: number;
  /** Run id to continue after, in the direction of the listing. */
  readonly cursor?: string;
  readonly status?: RunStatus;
  readonly workflowName?: string;
}

export interface LiveHook {
  readonly runId: string;
  readonly correlationId: string;
  readonly token: string;
  readonly createdEvent: EventOf<'hook_created'>;
}

export interface Runs {
  /**
   * Stores a run with its first event; idempotent by run id, and one live run per key over all runs and workflows.
   *
   * A run that takes another's place cancels it first: readers of this world never see two, and when the second
   * write fails the call throws with the key free. A key is free when its run ends.
   * Throws RUN_EXISTS when the id is taken by a run with another workflow, KEY_TAKEN with the `ownerRunId`,
   * INPUT_INVALID for a bad event.
   */
  create(event: EventOf<'run_created'>, options?: CreateOptions): Promise<CreateResult>;
  /**
   * Writes events at the tail under a claim, all or nothing. Events carry the versions after `after`.
   *
   * Looks at the claim, then the tail, the tokens, and what may follow in a history. A lease that ended is no
   * obstacle while nobody else took the run. No events: only the wake time changes, and with `release` the claim
   * is given back, at the tail only. A terminal event gives back claim, wake time and tokens.
   * Throws INPUT_INVALID for an event that is none and for an `after` beyond the tail, HISTORY_INVALID for one
   * that cannot follow; nothing was written then either.
   */
  append(claim: Claim, events: readonly Event[], options: AppendOptions): Promise<AppendResult>;
  /**
   * Adds an event from outside at the tail and makes the run due at once.
   *
   * Throws RUN_NOT_FOUND, RUN_ENDED, HOOK_NOT_FOUND, INPUT_INVALID, TAIL_MOVED when `after` is not the tail, and
   * WAIT_NOT_FOUND for the `wait_completed` of a wait that does not wait. A known key answers with the first event,
   * after the end of the run too. What may not follow in the history is refused (HISTORY_INVALID): a `run_resumed`
   * without a program for a run that is not paused, a second `abort_requested` for a correlation id, a second
   * `child_completed` for a child.
   * A `run_cancelled` ends the run at once: its owner's next append finds the claim lost.
   */
  send(runId: string, event: SentEvent, options?: SendOptions): Promise<SendResult>;
  /** Events after a version, oldest first; all of them without `limit`. Throws RUN_NOT_FOUND. */
  history(runId: string, options?: { readonly after?: number; readonly limit?: number }): Promise<Event[]>;
  /** Takes up to `limit` due runs, of each workflow the longest due first. */
  claim(request: ClaimDueRequest): Promise<ClaimResult>;
  /** Extends the claims of one worker, and tells what it missed: one call per process and heartbeat. */
  renew(
    request: ClaimRequest & {
      readonly claims: readonly { readonly claim: Claim; readonly version: number }[];
    },
  ): Promise<RenewResult>;
  /** Gives claims back without a write; the runs stay due as their last append said. Unknown claims are ignored. */
  release(claims: readonly Claim[]): Promise<void>;
  get(runId: string): Promise<RunProjection | undefined>;
  /**
   * Runs by descending id, with the cursor of the next page (absent on the last); default limit 100.
   *
   * Ids compare by code unit. Those the engine makes begin with their time, so this is newest first. A cursor
   * need not be a run that exists.
   */
  list(request?: ListRequest): Promise<{ readonly runs: RunProjection[]; readonly cursor?: string }>;
  steps(runId: string): Promise<StepProjection[]>;
  hooks(runId: string): Promise<HookProjection[]>;
  waits(runId: string): Promise<WaitProjection[]>;
  children(runId: string): Promise<ChildProjection[]>;
  /** Live hooks only: not those whose token is merely kept. */
  hookByToken(token: string): Promise<LiveHook | undefined>;
  /** Calls back with hints until the returned function is called. */
  watch(listener: (hint: Hint) => void): () => void;
}

export interface Programs {
  /** Stores a program under the hash of its content, 1 to 128 lowercase hex digits (else INPUT_INVALID); idempotent. */
  put(hash: string, code: string): Promise<void>;
  get(hash: string): Promise<string | undefined>;
}

export interface World {
  /** `memory`, `local`, `postgres`, ... */
  readonly name: string;
  /** How many processes drive runs of it at a time. */
  readonly drivers: 'one' | 'many';
  readonly runs: Runs;
  readonly steps: Steps;
  readonly programs: Programs;
  readonly streams: Streams;
  /**
   * The World's own clock, by which runs become due: milliseconds since the epoch.
   *
   * Where the clock is another machine's, what this process knows of it, never ahead of it.
   */
  now(): number;
  /** Forgets everything this world (and its tag) stores, watchers and claims included. */
  clear(): Promise<void>;
  /** Lets go of files, locks and timers; idempotent. Later calls throw WORLD_CLOSED. */
  close(): Promise<void>;
}
