/**
 * The live runs of a World with everything that is found by them, and the one way to write to one.
 *
 * A write comes after every check and before anything else can see it; when the store throws, the projection is taken back
 * and nothing has happened.
 */
import { applyAll } from '../apply-all.ts';
import { checkAttributeCount } from '../attributes.ts';
import type { Event } from '../event.ts';
import { isEnded, type Projection } from '../projection.ts';
import { DueQueue } from './due-queue.ts';
import type { Hints } from './hints.ts';
import type { HistoryStore } from './history-store.ts';
import { dueAtOf, type LiveRun, liveRunOf } from './live-run.ts';
import { Offers } from './offers.ts';
import { replacement } from './outside-events.ts';
import { retainedTokensOf, Tokens } from './tokens.ts';

export interface RunTableOptions {
  readonly store: HistoryStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly hints: Hints;
}

export class RunTable {
  readonly runs: Map<string, LiveRun> = new Map();
  readonly due: DueQueue<LiveRun> = new DueQueue();
  /** Live runs by their key. */
  readonly keys: Map<string, LiveRun> = new Map();
  readonly tokens: Tokens;
  readonly offers: Offers = new Offers();
  readonly store: HistoryStore;
  readonly clock: () => number;
  readonly hints: Hints;

  constructor(options: RunTableOptions) {
    this.store = options.store;
    this.clock = options.clock;
    this.hints = options.hints;
    this.tokens = new Tokens(options.clock);
  }

  add(run: LiveRun): void {
    const { runId, key } = run.projection.run;
    this.runs.set(runId, run);
    if (key !== undefined) this.keys.set(key, run);
  }

  /** Takes in a run that the store held before this process: unclaimed, due as its last write said. */
  adopt(projection: Projection, wakeAt: number | null, history: Iterable<Event>): void {
    const run = liveRunOf(projection, wakeAt);
    const rival = this.keys.get(projection.run.key ?? '');
    this.add(run);
    for (const event of history) {
      const live = projection.hooks.get(event.correlationId ?? '')?.status === 'live';
      if (live && event.eventType === 'hook_created') this.tokens.follow(projection, event);
    }
    this.offers.adopt(run, () => this.store.read(projection.run.runId, { after: 0 }));
    this.due.set(run, dueAtOf(run));
    if (rival) this.#settleKey(rival, run);
  }

  write(run: LiveRun, events: readonly Event[], wakeAt: number | null): void {
    const { projection } = run;
    if (events.length === 0 && wakeAt === run.wakeAt) return;
    checkAttributeCount(projection.run.attributes, events);
    const takeBack = applyAll(projection, events);
    const ended = isEnded(projection.run.status);
    const wake = ended ? null : wakeAt;
    try {
      this.store.write(run, events, wake);
    } catch (error) {
      takeBack();
      throw error;
    }
    run.wakeAt = wake;
    for (const event of events) this.tokens.follow(projection, event);
    const { runId } = projection.run;
    if (!ended) {
      const history = () => this.store.read(runId, { after: 0 });
      if (this.offers.follow(run, events, history)) this.hints.emit(runId, 'offered');
      return;
    }
    this.forget(run);
    for (const token of retainedTokensOf(projection)) this.tokens.retain(token);
    this.hints.emit(runId, 'ended');
  }

  /** An event from outside entered: the run is due at once, for `taker` first. */
  wake(run: LiveRun, events: readonly Event[], taker?: (now: number) => void): void {
    const now = this.clock();
    // The earlier of both, so that a run that has been due for long does not lose its place to newer ones.
    this.write(run, events, run.wakeAt === null ? now : Math.min(run.wakeAt, now));
    if (isEnded(run.projection.run.status)) return;
    this.due.set(run, dueAtOf(run));
    const held = run.dueAt > now;
    const takes = !held && taker !== undefined;
    // Who takes it needs no hint; attempts of offered steps listen for aborts.
    if (!takes || events.some(({ eventType }) => eventType === 'abort_requested'))
      this.hints.emit(run.projection.run.runId, held || takes ? 'moved' : 'due');
    if (takes) taker(now);
  }

  /** No claim, no wake time, no token, no key, no offer. */
  forget(run: LiveRun): void {
    run.claim = undefined;
    run.wakeAt = null;
    this.due.set(run, Number.POSITIVE_INFINITY);
    this.tokens.free(run.projection);
    this.offers.withdraw(run);
    const { runId, key } = run.projection.run;
    this.runs.delete(runId);
    if (key !== undefined && this.keys.get(key) === run) this.keys.delete(key);
  }

  clear(): void {
    this.runs.clear();
    this.due.clear();
    this.keys.clear();
    this.tokens.clear();
    this.offers.clear();
  }

  /** A replacement cut short by a power failure, or a mended file, leaves two runs with one key: the older one ends. */
  #settleKey(one: LiveRun, other: LiveRun): void {
    const inOrder = one.projection.run.createdAt <= other.projection.run.createdAt;
    const [older, newer] = inOrder ? [one, other] : [other, one];
    this.add(newer);
    try {
      this.write(older, [replacement(older.projection, newer.projection.run.runId, this.clock())], null);
    } catch {
      // The next opening tries again; until then the newer one is who has the key.
    }
  }
}
