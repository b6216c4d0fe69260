/**
 * The live runs of a World that drives them from one process: every decision of the contract, none of the storage.
 *
 * - Each method decides, writes and indexes within one synchronous call, so no two calls interleave (W2, W3).
 * - Claims live here only: they end with the process, which is what hands its runs to the next one (W6).
 */
import { inputInvalid, keyTaken, runEnded, runExists, runNotFound, stepOffered } from '../errors.ts';
import type { Event, EventOf, SentEvent } from '../event.ts';
import { copyEvent } from '../event-check.ts';
import { isId } from '../event-fields.ts';
import { begin } from '../fold.ts';
import { isEnded, type Projection } from '../projection.ts';
import type {
  AppendOptions,
  AppendResult,
  Claim,
  ClaimDueRequest,
  Claimed,
  ClaimRequest,
  ClaimResult,
  CreateOptions,
  CreateResult,
  RenewResult,
  SendOptions,
  SendResult,
} from '../world.ts';
import { admitted, checkCreation, checkRequest, checkTime } from './checks.ts';
import { copyRun, dueAtOf, isHeldBy, type LiveRun, liveRunOf } from './live-run.ts';
import { actOnOffered } from './offers.ts';
import { checkedSend, checkTarget, placed, replacement } from './outside-events.ts';
import type { RunTable } from './run-table.ts';
import type { RetainedToken, TokenOwner } from './tokens.ts';

const LOOK_AGAIN_MS = 2_000;

export class LiveRuns {
  readonly #table: RunTable;
  #epoch = 0;

  constructor(table: RunTable) {
    this.#table = table;
  }

  /** Claims from here on are above an epoch that an earlier life of the same data may have reached. */
  raiseEpoch(least: number): void {
    this.#epoch = Math.max(this.#epoch, least);
  }

  find(runId: string): LiveRun | undefined {
    return this.#table.runs.get(runId);
  }

  /** Whether anybody drives a run or a step here, within its lease or beyond. */
  get hasClaims(): boolean {
    const { runs, offers } = this.#table;
    return offers.hasClaims || [...runs.values()].some(({ claim }) => claim !== undefined);
  }

  tokenOwner(token: string): TokenOwner | undefined {
    return this.#table.tokens.owner(token);
  }

  /** Takes in a run that the store held before this process: unclaimed, due as its last write said. */
  adopt(projection: Projection, wakeAt: number | null, history: Iterable<Event>): void {
    this.#table.adopt(projection, wakeAt, history);
  }

  /** Takes in a token that a run which ended before this process keeps. */
  retain(token: RetainedToken): void {
    this.#table.tokens.retain(token);
  }

  /** Lets go of a run whose history can no longer be trusted: no claim, no wake time, no token, no key. */
  forsake(runId: string): void {
    const run = this.#table.runs.get(runId);
    if (run) this.#table.forget(run);
  }

  create(event: EventOf<'run_created'>, options: CreateOptions): CreateResult {
    checkCreation(event, options);
    const known = this.#table.runs.get(event.runId)?.projection ?? this.#table.store.findEnded(event.runId);
    if (known) {
      if (known.run.workflowName !== event.eventData.workflowName) throw runExists(event.runId);
      return { run: copyRun(known.run), created: false };
    }
    const now = this.#table.clock();
    const copy = copyEvent(event);
    const { key } = copy.eventData;
    const owner = key === undefined ? undefined : this.#table.keys.get(key);
    if (owner) {
      const { run } = owner.projection;
      if (options.onConflict === 'fail') throw keyTaken(key!, run.runId);
      if (options.onConflict !== 'replace') return { run: copyRun(run), created: false };
      // First: a crash between the two leaves no live run with the key, never two.
      this.#table.write(owner, [replacement(owner.projection, event.runId, now)], null);
    }
    const run = liveRunOf(begin(copy), options.wakeAt ?? now);
    this.#table.store.write(run, [copy], run.wakeAt);
    this.#table.add(run);
    const claim = options.claimFor && this.#take(run, options.claimFor, now);
    if (!claim) {
      this.#table.due.set(run, dueAtOf(run));
      if (run.dueAt <= now) this.#table.hints.emit(event.runId, 'due');
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
    const run = this.#table.runs.get(claim.runId);
    if (!run || !isHeldBy(run, claim)) return { kind: 'claim-lost' };
    const { projection } = run;
    const tail = projection.run.version;
    if (after !== tail) {
      if (!Number.isSafeInteger(after) || after < 0 || after > tail) {
        throw inputInvalid('append', `after: expected a version up to ${tail}, got ${after}`);
      }
      return { kind: 'tail-moved', missed: this.#table.store.read(claim.runId, { after }) };
    }
    const copies = events.map(admitted);
    const act = actOnOffered(projection, copies);
    if (act) throw stepOffered(claim.runId, act);
    const taken = this.#table.tokens.conflict(projection, copies);
    if (taken) return { kind: 'token-taken', ...taken };
    this.#table.write(run, copies, options.wakeAt);
    if (release) run.claim = undefined;
    if (!isEnded(projection.run.status)) this.#table.due.set(run, dueAtOf(run));
    const { hints, clock } = this.#table;
    if (release && run.dueAt <= clock()) hints.emit(claim.runId, 'due');
    if (copies.some(({ eventType }) => eventType === 'abort_requested')) hints.emit(claim.runId, 'moved');
    return { kind: 'appended', version: projection.run.version };
  }

  send(runId: string, sent: SentEvent, options: SendOptions = {}): SendResult {
    const checked = checkedSend(sent, options);
    const { key } = checked;
    const run = this.#table.runs.get(runId);
    const projection = run?.projection ?? (isId(runId) ? this.#table.store.findEnded(runId) : undefined);
    if (!projection) throw runNotFound(runId);
    const known = projection.keys.get(key);
    if (known !== undefined) {
      const [event] = this.#table.store.read(runId, { after: known - 1, limit: 1 });
      return { event: event!, duplicate: true };
    }
    if (!run) throw runEnded(runId, projection.run.status);
    checkTarget(projection, checked, options);
    const event = placed(projection, checked, this.#table.clock());
    const { claimFor } = options;
    let claim: Claim | undefined;
    const taker = (now: number): void => {
      claim = this.#take(run, claimFor!, now);
    };
    this.#table.wake(run, [event], claimFor && taker);
    return { event: copyEvent(event), duplicate: false, ...(claim ? { claim } : {}) };
  }

  claim(request: ClaimDueRequest): ClaimResult {
    checkRequest(request);
    if (!(request.limit >= 0)) throw inputInvalid('claim', `limit: expected 0 or more, got ${request.limit}`);
    const now = this.#table.clock();
    const claimed: Claimed[] = [];
    const wanted = request.workflowNames && new Set(request.workflowNames);
    const earliest = (): LiveRun | undefined =>
      wanted
        ? this.#table.due.first((run) => wanted.has(run.projection.run.workflowName))
        : this.#table.due.peek();
    let next = earliest();
    while (next && next.dueAt <= now && claimed.length < request.limit) {
      claimed.push({ claim: this.#take(next, request, now), run: copyRun(next.projection.run) });
      next = earliest();
    }
    const offer = this.#table.offers.next();
    const offered = offer !== undefined && offer.dueAt <= now;
    // What is offered now is told by itself: as a time it would have those look again at once who cannot take it.
    const times = [next, offered ? undefined : offer].map((due) => due?.dueAt ?? Number.POSITIVE_INFINITY);
    const nextAt = Math.min(...times);
    const nextWakeAt = nextAt === Number.POSITIVE_INFINITY ? null : nextAt;
    return { claimed, nextWakeAt, lookAgainMs: LOOK_AGAIN_MS, offered };
  }

  renew(
    request: ClaimRequest & {
      readonly claims: readonly { readonly claim: Claim; readonly version: number }[];
    },
  ): RenewResult {
    checkRequest(request);
    const leaseUntil = this.#table.clock() + request.leaseMs;
    const lost: string[] = [];
    const moved: string[] = [];
    for (const { claim, version } of request.claims) {
      const run = this.#table.runs.get(claim.runId);
      if (!run || !isHeldBy(run, claim) || claim.worker !== request.worker) {
        lost.push(claim.runId);
        continue;
      }
      run.leaseUntil = leaseUntil;
      this.#table.due.set(run, dueAtOf(run));
      if (run.projection.run.version > version) moved.push(claim.runId);
    }
    return { lost, moved };
  }

  release(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const run = this.#table.runs.get(claim.runId);
      if (!run || !isHeldBy(run, claim)) continue;
      run.claim = undefined;
      this.#table.due.set(run, dueAtOf(run));
      if (run.dueAt <= this.#table.clock()) this.#table.hints.emit(claim.runId, 'due');
    }
  }

  clear(): void {
    this.#table.clear();
  }

  #take(run: LiveRun, request: ClaimRequest, now: number): Claim {
    this.#epoch += 1;
    run.claim = { runId: run.projection.run.runId, worker: request.worker, epoch: this.#epoch };
    run.leaseUntil = now + request.leaseMs;
    this.#table.due.set(run, dueAtOf(run));
    return { ...run.claim };
  }
}
