import {
  type AppendOptions,
  type AppendResult,
  type ChildProjection,
  type Claim,
  type ClaimDueRequest,
  type ClaimRequest,
  type ClaimResult,
  type CreateOptions,
  type CreateResult,
  type Event,
  type EventOf,
  type Hint,
  type HookProjection,
  isEvent,
  type ListRequest,
  type LiveHook,
  type Projection,
  parseEvent,
  type RenewResult,
  type RunProjection,
  type Runs,
  type SendOptions,
  type SendResult,
  type SentEvent,
  type StepProjection,
  type WaitProjection,
  worldErrors,
} from '@perdure/world';
import { checkedSend, checkRange, copyRun, type Hints, type LiveRuns, pageOf } from '@perdure/world/live';
import type { DirectoryHints } from './directory-hints.ts';
import type { Driver } from './driver.ts';
import type { FollowedRuns } from './followed-runs.ts';
import type { Histories } from './histories.ts';
import { LISTED_PER_TURN, LOCK_RETRY_MS } from './limits.ts';
import type { Listing } from './listing.ts';
import type { Outbox } from './outbox.ts';

export interface LocalRunsOptions {
  readonly live: LiveRuns;
  readonly histories: Histories;
  readonly hints: Hints;
  /** Throws WORLD_CLOSED once the world is closed. */
  readonly open: () => void;
  readonly clock: () => number;
  readonly driver: Driver;
  readonly outbox: Outbox;
  readonly followed: FollowedRuns;
  readonly listing: Listing;
  readonly directoryHints: DirectoryHints;
  /** Refuses data of a newer format, for calls that only read. */
  readonly checkFormat: () => void;
}

/**
 * The runs of a data directory.
 *
 * Where this process drives, each call is one synchronous turn, and a read of a live run needs no file; where
 * another does, reads go to the files, and what is created or sent goes through the inbox.
 */
export class LocalRuns implements Runs {
  readonly #options: LocalRunsOptions;
  readonly #live: LiveRuns;
  readonly #histories: Histories;
  readonly #driver: Driver;
  readonly #open: () => void;

  constructor(options: LocalRunsOptions) {
    this.#options = options;
    this.#live = options.live;
    this.#histories = options.histories;
    this.#driver = options.driver;
    this.#open = options.open;
  }

  async create(event: EventOf<'run_created'>, options: CreateOptions = {}): Promise<CreateResult> {
    this.#open();
    if (!isEvent(event)) {
      const checked = parseEvent(event);
      throw worldErrors.inputInvalid('run_created event', checked.ok ? 'not an event' : checked.problem);
    }
    if (!(options.claimFor ? this.#driver.driveToWork() : this.#driver.drive())) {
      const { wakeAt, onConflict } = options;
      const answer = await this.#options.outbox.ask({ kind: 'create', event, wakeAt, onConflict });
      return answer as CreateResult;
    }
    const result = this.#live.create(event, options);
    await this.#histories.durableAll(result);
    return result;
  }

  async append(claim: Claim, events: readonly Event[], options: AppendOptions): Promise<AppendResult> {
    this.#open();
    // Claims are given out while driving and end with it, so there is nothing to drive for.
    if (!this.#driver.driving) return { kind: 'claim-lost' };
    const result = this.#live.append(claim, events, options);
    const durable = this.#histories.durable(claim.runId);
    // Once per step: where nothing has to be waited for, not even a turn of the microtask queue is.
    if (durable) await durable;
    return result;
  }

  async send(runId: string, event: SentEvent, options: SendOptions = {}): Promise<SendResult> {
    this.#open();
    const checked = checkedSend(event, options);
    if (!(options.claimFor ? this.#driver.driveToWork() : this.#driver.drive())) {
      const { after } = options;
      return (await this.#options.outbox.ask({ kind: 'send', runId, event: checked, after })) as SendResult;
    }
    const result = this.#live.send(runId, checked, options);
    await this.#histories.durable(runId);
    return result;
  }

  async history(runId: string, options: { after?: number; limit?: number } = {}): Promise<Event[]> {
    this.#openToRead();
    const range = checkRange(options);
    const damage = this.#histories.damaged.get(runId);
    if (damage) throw damage;
    const events = this.#histories.read(runId, range);
    // Nobody acts on what a power failure could still undo.
    await this.#histories.durable(runId);
    return events;
  }

  async claim(request: ClaimDueRequest): Promise<ClaimResult> {
    this.#open();
    // Asked again soon, so that this process takes over within a moment when the driver dies.
    if (!this.#driver.driveToWork())
      return { claimed: [], nextWakeAt: null, lookAgainMs: LOCK_RETRY_MS, offered: false };
    return this.#live.claim(request);
  }

  async renew(
    request: ClaimRequest & { readonly claims: readonly { claim: Claim; version: number }[] },
  ): Promise<RenewResult> {
    this.#open();
    return this.#live.renew(request);
  }

  async release(claims: readonly Claim[]): Promise<void> {
    this.#open();
    this.#live.release(claims);
  }

  async get(runId: string): Promise<RunProjection | undefined> {
    this.#openToRead();
    const run = this.#runOf(runId);
    await this.#histories.durable(runId);
    return run;
  }

  async list(request: ListRequest = {}): Promise<{ runs: RunProjection[]; cursor?: string }> {
    this.#openToRead();
    const { listing } = this.#options;
    let looked = 0;
    return pageOf(listing.ids(request), request, (runId) => {
      looked += 1;
      // A filter that few runs pass looks at many files.
      return looked % LISTED_PER_TURN === 0 ? soon(() => this.#runOf(runId)) : this.#runOf(runId);
    });
  }

  async steps(runId: string): Promise<StepProjection[]> {
    this.#openToRead();
    return Array.from(this.#found(runId).steps.values(), (step) => ({ ...step }));
  }

  async hooks(runId: string): Promise<HookProjection[]> {
    this.#openToRead();
    return Array.from(this.#found(runId).hooks.values(), (hook) => ({ ...hook }));
  }

  async waits(runId: string): Promise<WaitProjection[]> {
    this.#openToRead();
    return Array.from(this.#found(runId).waits.values(), (wait) => ({ ...wait }));
  }

  async children(runId: string): Promise<ChildProjection[]> {
    this.#openToRead();
    return Array.from(this.#found(runId).children.values(), (child) => ({ ...child }));
  }

  async hookByToken(token: string): Promise<LiveHook | undefined> {
    this.#openToRead();
    if (!this.#driver.driving)
      return this.#options.followed.hookByToken(token, this.#options.listing.activeIds());
    const owner = this.#live.tokenOwner(token);
    if (!owner) return undefined;
    const { runId, correlationId, version } = owner;
    const [event] = this.#histories.read(runId, { after: version - 1, limit: 1 });
    return { runId, correlationId, token, createdEvent: event as EventOf<'hook_created'> };
  }

  watch(listener: (hint: Hint) => void): () => void {
    this.#open();
    const stop = this.#options.hints.watch(listener);
    this.#options.directoryHints.start();
    return stop;
  }

  #openToRead(): void {
    this.#open();
    if (!this.#driver.driving) this.#options.checkFormat();
  }

  #runOf(runId: string): RunProjection | undefined {
    const run = this.#live.find(runId);
    if (run) return copyRun(run.projection.run);
    const damage = this.#histories.damaged.get(runId);
    const { followed } = this.#options;
    return damage ? followed.setAside(runId, damage) : followed.summary(runId);
  }

  #found(runId: string): Projection {
    const projection = this.#live.find(runId)?.projection ?? this.#histories.findEnded(runId);
    if (!projection) throw worldErrors.runNotFound(runId);
    return projection;
  }
}

/** Lets everything else have its turn first. */
function soon<T>(look: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(look());
      } catch (error) {
        reject(error);
      }
    });
  });
}
