/**
 * The runs that this process holds claims of, each with the projection that its appends are checked against.
 *
 * The projection is what this process knows; the database's version decides. What is not known is read when it is needed.
 */
import { apply, begin, type Claim, type Event, type Projection } from '@perdure/world';
import { FRESH_MS } from './limits.ts';

export interface HeldSince {
  readonly leaseMs: number;
  readonly now: number;
}

export class HeldRun {
  readonly claim: Claim;
  projection: Projection | undefined;
  /** When the holder was last heard of, by the World's clock. */
  confirmedAt: number;
  readonly leaseMs: number;
  #begunAt = 0;
  #fresh: readonly Event[] | undefined;
  readonly #created = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();
  #busy = 0;

  constructor(claim: Claim, { leaseMs, now }: HeldSince) {
    this.claim = claim;
    this.leaseMs = leaseMs;
    this.confirmedAt = now;
  }

  /** Version of a step's `step_created`. */
  createdVersion(correlationId: string): number | undefined {
    return this.#created.get(correlationId);
  }

  /** Events that this process is about to write. */
  note(events: readonly Event[]): void {
    for (const event of events) this.#note(event);
  }

  #note({ eventType, correlationId = '', version }: Event): void {
    if (eventType === 'step_created') this.#created.set(correlationId, version);
    else if (eventType === 'step_completed' || eventType === 'step_failed')
      this.#created.delete(correlationId);
  }

  /** A run that was just made with this event. */
  begin(event: Event): void {
    this.projection = begin(event);
    this.#fresh = [event];
    this.#begunAt = performance.now();
  }

  /** The whole history of a run that was just made, for the one who reads it first and before anything was added. */
  takeFresh({
    after,
    limit,
  }: {
    readonly after: number;
    readonly limit?: number;
  }): readonly Event[] | undefined {
    if (after > 0 || limit !== undefined || !this.#fresh) return undefined;
    const fresh = this.#fresh;
    this.#fresh = undefined;
    const isFresh = performance.now() - this.#begunAt < FRESH_MS;
    return isFresh && this.projection?.run.version === fresh.length ? fresh : undefined;
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
    if (this.#busy === 0) this.follow(events);
  }

  follow(events: readonly Event[]): void {
    for (const event of events) {
      if (!this.projection) {
        if (event.version === 1) this.projection = begin(event);
      } else if (event.version === this.projection.run.version + 1) apply(this.projection, event);
      this.#note(event);
    }
  }
}

export class HeldRuns {
  readonly #runs = new Map<string, HeldRun>();
  readonly #onCount: (count: number) => void;

  /** `onCount` hears how many are held whenever that changes. */
  constructor(onCount: (count: number) => void) {
    this.#onCount = onCount;
  }

  hold(claim: Claim, place: HeldSince): HeldRun {
    const held = new HeldRun(claim, place);
    this.#runs.set(claim.runId, held);
    this.#onCount(this.#runs.size);
    return held;
  }

  /** What is known under a claim; a claim that this process does not know begins with nothing. */
  under(claim: Claim): HeldRun {
    const held = this.#runs.get(claim.runId);
    if (held && isSame(held.claim, claim)) return held;
    return new HeldRun(claim, { leaseMs: 0, now: 0 });
  }

  get(runId: string): HeldRun | undefined {
    return this.#runs.get(runId);
  }

  forget(claim: Claim): void {
    const held = this.#runs.get(claim.runId);
    if (!held || !isSame(held.claim, claim)) return;
    this.#runs.delete(claim.runId);
    this.#onCount(this.#runs.size);
  }

  /** What a worker holds here. */
  of(worker: string): HeldRun[] {
    return [...this.#runs.values()].filter(({ claim }) => claim.worker === worker);
  }

  clear(): void {
    this.#runs.clear();
    this.#onCount(0);
  }
}

function isSame(one: Claim, other: Claim): boolean {
  return one.epoch === other.epoch && one.worker === other.worker;
}
