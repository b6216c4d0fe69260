/**
 * The live runs of a World that drives them from one process: every decision of the contract, none of the storage.
 *
 * - Each method decides, writes and indexes within one synchronous call, so no two calls interleave (W2, W3).
 * - A write comes after every check and before anything else can see it; when the store throws, the projection
 *   is taken back and nothing has happened.
 * - Claims live here only: they end with the process, which is what hands its runs to the next one (W6).
 */
import { applyAll } from '../apply-all.ts';
import { checkAttributeCount } from '../attributes.ts';
import { inputInvalid, keyTaken, runEnded, runExists, runNotFound } from '../errors.ts';
import { type Event, type EventOf, isTerminal, type SentEvent } from '../event.ts';
import { copyEvent } from '../event-check.ts';
import { isId } from '../event-fields.ts';
import { begin } from '../fold.ts';
import { isEnded, type Projection } from '../projection.ts';
import type {
  AppendOptions,
  AppendResult,
  Claim,
  ClaimDueRequest,
  ClaimDueResult,
  Claimed,
  ClaimRequest,
  CreateOptions,
  CreateResult,
  RenewResult,
  SendOptions,
  SendResult,
} from '../world.ts';
import { admitted, checkCreation, checkRequest, checkTime } from './checks.ts';
import { DueQueue } from './due-queue.ts';
import type { Hints } from './hints.ts';
import type { HistoryStore } from './history-store.ts';
import { copyRun, dueAtOf, isHeldBy, type LiveRun, liveRunOf } from './live-run.ts';
import { checkedSend, checkTarget, placed, replacement } from './outside-events.ts';
import { type RetainedToken, retainedTokensOf, type TokenOwner, Tokens } from './tokens.ts';

const LOOK_AGAIN_MS = 2_000;

export interface LiveRunsOptions {
  readonly store: HistoryStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly hints: Hints;
}

export class LiveRuns {
  readonly #runs = new Map<string, LiveRun>();
  readonly #due = new DueQueue<LiveRun>();
  /** Live runs by their key. */
  readonly #keys = new Map<string, LiveRun>();
  readonly #tokens: Tokens;
  readonly #store: HistoryStore;
  readonly #clock: () => number;
  readonly #hints: Hints;
  #epoch = 0;

  constructor(options: LiveRunsOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#tokens = new Tokens(options.clock);
    this.#hints = options.hints;
  }

  /** Claims from here on are above an epoch that an earlier life of the same data may have reached. */
  raiseEpoch(least: number): void {
    this.#epoch = Math.max(this.#epoch, least);
  }

  find(runId: string): LiveRun | undefined {
    return this.#runs.get(runId);
  }

  /** Whether anybody drives a run here, within its lease or beyond. */
  get hasClaims(): boolean {
    return [...this.#runs.values()].some(({ claim }) => claim !== undefined);
  }

  tokenOwner(token: string): TokenOwner | undefined {
    return this.#tokens.owner(token);
  }

  /** Takes in a run that the store held before this process: unclaimed, due as its last write said. */
  adopt(projection: Projection, wakeAt: number | null, history: Iterable<Event>): void {
    const run = liveRunOf(projection, wakeAt);
    const rival = this.#keys.get(projection.run.key ?? '');
    this.#add(run);
    for (const event of history) {
      const live = projection.hooks.get(event.correlationId ?? '')?.status === 'live';
      if (live && event.eventType === 'hook_created') this.#tokens.follow(projection, event);
    }
    this.#due.set(run, dueAtOf(run));
    if (rival) this.#settleKey(rival, run);
  }

  /** Takes in a token that a run which ended before this process keeps. */
  retain(token: RetainedToken): void {
    this.#tokens.retain(token);
  }

  /** Lets go of a run whose history can no longer be trusted: no claim, no wake time, no token, no key. */
  forsake(runId: string): void {
    const run = this.#runs.get(runId);
    if (run) this.#forget(run);
  }

  create(event: EventOf<'run_created'>, options: CreateOptions): CreateResult {
    checkCreation(event, options);
    const known = this.#runs.get(event.runId)?.projection ?? this.#store.findEnded(event.runId);
    if (known) {
      if (known.run.workflowName !== event.eventData.workflowName) throw runExists(event.runId);
      return { run: copyRun(known.run), created: false };
    }
    const now = this.#clock();
    const copy = copyEvent(event);
    const { key } = copy.eventData;
    const owner = key === undefined ? undefined : this.#keys.get(key);
    if (owner) {
      const { run } = owner.projection;
      if (options.onConflict === 'fail') throw keyTaken(key!, run.runId);
      if (options.onConflict !== 'replace') return { run: copyRun(run), created: false };
      // First: a crash between the two leaves no live run with the key, never two.
      this.#write(owner, [replacement(owner.projection, event.runId, now)], null);
    }
    const run = liveRunOf(begin(copy), options.wakeAt ?? now);
    this.#store.write(run, [copy], run.wakeAt);
    this.#add(run);
    const claim = options.claimFor && this.#take(run, options.claimFor, now);
    if (!claim) {
      this.#due.set(run, dueAtOf(run));
      if (run.dueAt <= now) this.#hints.emit(event.runId, 'due');
    }
    return {
      run: copyRun(run.projection.run),
      created: true,
      ...(claim ? { claim } : {}),
      ...(owner ? { replacedRunId: owner.projection.run.runId } : {}),
    };
  }

  append(claim: Claim, events: readonly Event[], options: AppendOptions): AppendResult {
    const { after, release } = options;
    if (options.wakeAt !== null) checkTime('wakeAt', options.wakeAt);
    const run = this.#runs.get(claim.runId);
    if (!run || !isHeldBy(run, claim)) return { kind: 'claim-lost' };
    const { projection } = run;
    const tail = projection.run.version;
    if (after !== tail) {
      if (!Number.isSafeInteger(after) || after < 0 || after > tail) {
        throw inputInvalid('append', `after: expected a version up to ${tail}, got ${after}`);
      }
      return { kind: 'tail-moved', missed: this.#store.read(claim.runId, { after }) };
    }
    const copies = events.map(admitted);
    const taken = this.#tokens.conflict(projection, copies);
    if (taken) return { kind: 'token-taken', ...taken };
    this.#write(run, copies, options.wakeAt);
    if (release) run.claim = undefined;
    if (!isEnded(projection.run.status)) this.#due.set(run, dueAtOf(run));
    if (release && run.dueAt <= this.#clock()) this.#hints.emit(claim.runId, 'due');
    return { kind: 'appended', version: projection.run.version };
  }

  send(runId: string, sent: SentEvent, options: SendOptions = {}): SendResult {
    const checked = checkedSend(sent, options);
    const { eventType, key } = checked;
    const run = this.#runs.get(runId);
    const projection = run?.projection ?? (isId(runId) ? this.#store.findEnded(runId) : undefined);
    if (!projection) throw runNotFound(runId);
    const known = projection.keys.get(key);
    if (known !== undefined) {
      const [event] = this.#store.read(runId, { after: known - 1, limit: 1 });
      return { event: event!, duplicate: true };
    }
    if (!run) throw runEnded(runId, projection.run.status);
    checkTarget(projection, checked, options);
    const now = this.#clock();
    const event = placed(projection, checked, now);
    // The earlier of both, so that a run that has been due for long does not lose its place to newer ones.
    this.#write(run, [event], run.wakeAt === null ? now : Math.min(run.wakeAt, now));
    if (!isTerminal(eventType)) {
      this.#due.set(run, dueAtOf(run));
      this.#hints.emit(runId, run.dueAt <= now ? 'due' : 'moved');
    }
    return { event: copyEvent(event), duplicate: false };
  }

  claim(request: ClaimDueRequest): ClaimDueResult {
    checkRequest(request);
    if (!(request.limit >= 0)) throw inputInvalid('claim', `limit: expected 0 or more, got ${request.limit}`);
    const now = this.#clock();
    const claimed: Claimed[] = [];
    const wanted = request.workflowNames && new Set(request.workflowNames);
    const earliest = (): LiveRun | undefined =>
      wanted ? this.#due.first((run) => wanted.has(run.projection.run.workflowName)) : this.#due.peek();
    let next = earliest();
    while (next && next.dueAt <= now && claimed.length < request.limit) {
      claimed.push({ claim: this.#take(next, request, now), run: copyRun(next.projection.run) });
      next = earliest();
    }
    return { claimed, nextWakeAt: next ? next.dueAt : null, lookAgainMs: LOOK_AGAIN_MS };
  }

  renew(
    request: ClaimRequest & {
      readonly claims: readonly { readonly claim: Claim; readonly version: number }[];
    },
  ): RenewResult {
    checkRequest(request);
    const leaseUntil = this.#clock() + request.leaseMs;
    const lost: string[] = [];
    const moved: string[] = [];
    for (const { claim, version } of request.claims) {
      const run = this.#runs.get(claim.runId);
      if (!run || !isHeldBy(run, claim) || claim.worker !== request.worker) {
        lost.push(claim.runId);
        continue;
      }
      run.leaseUntil = leaseUntil;
      this.#due.set(run, dueAtOf(run));
      if (run.projection.run.version > version) moved.push(claim.runId);
    }
    return { lost, moved };
  }

  release(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const run = this.#runs.get(claim.runId);
      if (!run || !isHeldBy(run, claim)) continue;
      run.claim = undefined;
      this.#due.set(run, dueAtOf(run));
      if (run.dueAt <= this.#clock()) this.#hints.emit(claim.runId, 'due');
    }
  }

  clear(): void {
    this.#runs.clear();
    this.#due.clear();
    this.#keys.clear();
    this.#tokens.clear();
  }

  #add(run: LiveRun): void {
    const { runId, key } = run.projection.run;
    this.#runs.set(runId, run);
    if (key !== undefined) this.#keys.set(key, run);
  }

  /** A replacement cut short by a power failure, or a mended file, leaves two runs with one key: the older one ends. */
  #settleKey(one: LiveRun, other: LiveRun): void {
    const inOrder = one.projection.run.createdAt <= other.projection.run.createdAt;
    const [older, newer] = inOrder ? [one, other] : [other, one];
    this.#add(newer);
    try {
      this.#write(older, [replacement(older.projection, newer.projection.run.runId, this.#clock())], null);
    } catch {
      // The next opening tries again; until then the newer one is who has the key.
    }
  }

  #take(run: LiveRun, request: ClaimRequest, now: number): Claim {
    this.#epoch += 1;
    run.claim = { runId: run.projection.run.runId, worker: request.worker, epoch: this.#epoch };
    run.leaseUntil = now + request.leaseMs;
    this.#due.set(run, dueAtOf(run));
    return { ...run.claim };
  }

  #write(run: LiveRun, events: readonly Event[], wakeAt: number | null): void {
    const { projection } = run;
    if (events.length === 0 && wakeAt === run.wakeAt) return;
    checkAttributeCount(projection.run.attributes, events);
    const takeBack = applyAll(projection, events);
    const ended = isEnded(projection.run.status);
    const wake = ended ? null : wakeAt;
    try {
      this.#store.write(run, events, wake);
    } catch (error) {
      takeBack();
      throw error;
    }
    run.wakeAt = wake;
    for (const event of events) this.#tokens.follow(projection, event);
    if (!ended) return;
    this.#forget(run);
    for (const token of retainedTokensOf(projection)) this.#tokens.retain(token);
    this.#hints.emit(projection.run.runId, 'ended');
  }

  #forget(run: LiveRun): void {
    run.claim = undefined;
    run.wakeAt = null;
    this.#due.set(run, Number.POSITIVE_INFINITY);
    this.#tokens.free(run.projection);
    const { runId, key } = run.projection.run;
    this.#runs.delete(runId);
    if (key !== undefined && this.#keys.get(key) === run) this.#keys.delete(key);
  }
}
