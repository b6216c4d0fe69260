/** The runs that this process holds claims of, each with what is known of it, that its appends are checked against. */
import { type Claim, type Event, isEnded } from '@perdure/world';
import { KnownRun, ParkedRuns } from './known-run.ts';
import { NEWS_MAX, PARKED_EVENTS_MAX, PARKED_RUNS_MAX } from './limits.ts';

export interface HeldSince {
  readonly leaseMs: number;
  readonly now: number;
}

export class HeldRun {
  readonly claim: Claim;
  readonly known: KnownRun;
  /** When the holder was last heard of, by the World's clock. */
  confirmedAt: number;
  readonly leaseMs: number;
  #turn: Promise<unknown> = Promise.resolve();
  #busy = 0;

  constructor(claim: Claim, known: KnownRun, { leaseMs, now }: HeldSince) {
    this.claim = claim;
    this.known = known;
    this.leaseMs = leaseMs;
    this.confirmedAt = now;
  }

  /** One append at a time: each is checked against what the one before has left. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    const turn = this.#busy === 1 ? work() : this.#turn.then(work);
    const settled = turn.finally(() => {
      this.#busy -= 1;
    });
    this.#turn = settled.catch(() => undefined);
    return settled;
  }

  /** Events of the history, from anywhere; those that come next are taken in while no append is under way. */
  learn(events: readonly Event[]): void {
    if (this.#busy === 0) this.known.follow(events);
  }
}

export class HeldRuns {
  readonly #runs = new Map<string, HeldRun>();
  readonly #parked = new ParkedRuns({ runs: PARKED_RUNS_MAX, events: PARKED_EVENTS_MAX });
  readonly #onCount: (count: number) => void;
  /** When something was heard of a run last. */
  readonly #news = new Map<string, number>();

  /** `onCount` hears how many are held whenever that changes. */
  constructor(onCount: (count: number) => void) {
    this.#onCount = onCount;
  }

  hold(claim: Claim, since: HeldSince): HeldRun {
    const known = this.#parked.take(claim.runId) ?? new KnownRun();
    const held = new HeldRun(claim, known, since);
    this.#runs.set(claim.runId, held);
    this.#onCount(this.#runs.size);
    return held;
  }

  /** What is known under a claim; a claim that this process does not know begins with nothing. */
  under(claim: Claim): HeldRun {
    const held = this.#runs.get(claim.runId);
    if (held && isSame(held.claim, claim)) return held;
    return new HeldRun(claim, new KnownRun(), { leaseMs: 0, now: 0 });
  }

  /** Others wrote to a run: what came with its claim may not be all. */
  hear(runId: string): void {
    this.#runs.get(runId)?.known.dropFresh();
    this.#news.delete(runId);
    this.#news.set(runId, performance.now());
    if (this.#news.size > NEWS_MAX) this.#news.delete(this.#news.keys().next().value!);
  }

  hadNews(runId: string, since: number): boolean {
    return (this.#news.get(runId) ?? Number.NEGATIVE_INFINITY) >= since;
  }

  get(runId: string): HeldRun | undefined {
    return this.#runs.get(runId);
  }

  forget(claim: Claim): void {
    const held = this.#runs.get(claim.runId);
    if (!held || !isSame(held.claim, claim)) return;
    this.#runs.delete(claim.runId);
    this.#onCount(this.#runs.size);
    const { projection } = held.known;
    if (projection && !isEnded(projection.run.status)) this.#parked.park(claim.runId, held.known);
  }

  /** What a worker holds here. */
  of(worker: string): HeldRun[] {
    return [...this.#runs.values()].filter(({ claim }) => claim.worker === worker);
  }

  clear(): void {
    this.#runs.clear();
    this.#parked.clear();
    this.#onCount(0);
  }
}

function isSame(one: Claim, other: Claim): boolean {
  return one.epoch === other.epoch && one.worker === other.worker;
}
