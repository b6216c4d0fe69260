/** Which steps of live runs are offered, who holds which, and when each may be handed out. */
import type { Event, EventOf } from '../event.ts';
import type { Projection } from '../projection.ts';
import { restartTime } from '../restart.ts';
import type { StepClaim } from '../steps.ts';
import { type Due, DueQueue } from './due-queue.ts';
import type { LiveRun } from './live-run.ts';

/** A step that was offered, until it has its outcome. */
export interface Offer extends Due {
  readonly run: LiveRun;
  readonly correlationId: string;
  readonly stepName: string;
  /** Version of its `step_created`. */
  readonly createdVersion: number;
  /** When its last attempt was started. */
  startedAt: number;
  claim: StepClaim | undefined;
  /** When the claim's right ends unless it is renewed; it stays the holder's until another takes it. */
  leaseUntil: number;
}

export class Offers {
  readonly #due = new DueQueue<Offer>();
  readonly #byRun = new Map<LiveRun, Map<string, Offer>>();

  /** Whether anybody runs an attempt here, within its lease or beyond. */
  get hasClaims(): boolean {
    return [...this.#byRun.values()].some((offers) =>
      [...offers.values()].some(({ claim }) => claim !== undefined),
    );
  }

  /** The offer that may be handed out first; of certain steps only, it looks at all. */
  next(stepNames?: ReadonlySet<string>): Offer | undefined {
    return stepNames ? this.#due.first(({ stepName }) => stepNames.has(stepName)) : this.#due.peek();
  }

  held(run: LiveRun, claim: StepClaim): Offer | undefined {
    const offer = this.#byRun.get(run)?.get(claim.correlationId);
    const held = offer?.claim;
    return held && held.attempt === claim.attempt && held.worker === claim.worker ? offer : undefined;
  }

  hold(offer: Offer, claim: StepClaim | undefined, leaseUntil: number): void {
    offer.claim = claim;
    offer.leaseUntil = leaseUntil;
    this.#settle(offer);
  }

  /** Follows events that were written; `history` reads those before them. Tells whether a step was offered. */
  follow(run: LiveRun, events: readonly Event[], history: () => readonly Event[]): boolean {
    let offered = false;
    for (const event of events) {
      const id = event.correlationId ?? '';
      switch (event.eventType) {
        case 'step_offered':
          this.#add(run, id, events, history);
          offered = true;
          break;
        case 'step_started':
          this.#change(run, id, (offer) => {
            offer.startedAt = event.createdAt;
          });
          break;
        case 'step_retrying':
        case 'step_returned':
          this.#change(run, id, () => {});
          break;
        case 'step_completed':
        case 'step_failed':
          this.#drop(run, id);
      }
    }
    return offered;
  }

  /** Takes in the offers of a run that the store held before this process: nobody holds them. */
  adopt(run: LiveRun, history: () => readonly Event[]): void {
    const isOffered = [...run.projection.steps.values()].some(({ offeredAt }) => offeredAt !== undefined);
    if (isOffered) this.follow(run, history(), () => []);
  }

  /** The end of a run withdraws its offers. */
  withdraw(run: LiveRun): void {
    for (const offer of this.#byRun.get(run)?.values() ?? []) this.#due.set(offer, Number.POSITIVE_INFINITY);
    this.#byRun.delete(run);
  }

  clear(): void {
    this.#due.clear();
    this.#byRun.clear();
  }

  #add(run: LiveRun, id: string, batch: readonly Event[], history: () => readonly Event[]): void {
    const offers = this.#byRun.get(run) ?? new Map<string, Offer>();
    this.#byRun.set(run, offers);
    const offer = offers.get(id) ?? offerOf(run, createdIn(batch, id) ?? createdIn(history(), id)!);
    offers.set(id, offer);
    this.hold(offer, undefined, 0);
  }

  #change(run: LiveRun, id: string, change: (offer: Offer) => void): void {
    const offer = this.#byRun.get(run)?.get(id);
    if (!offer) return;
    change(offer);
    this.hold(offer, undefined, 0);
  }

  #drop(run: LiveRun, id: string): void {
    const offers = this.#byRun.get(run);
    const offer = offers?.get(id);
    if (!offers || !offer) return;
    this.#due.set(offer, Number.POSITIVE_INFINITY);
    offers.delete(id);
    if (offers.size === 0) this.#byRun.delete(run);
  }

  #settle(offer: Offer): void {
    this.#due.set(offer, dueAtOf(offer));
  }
}

/** When nobody's right stands in the way and it has not been cut off too often of late. */
function dueAtOf({ run, correlationId, startedAt, claim, leaseUntil }: Offer): number {
  const { attempt, offeredAt, failures = 0 } = run.projection.steps.get(correlationId)!;
  if (offeredAt === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(offeredAt, restartTime({ attempt, failures, startedAt }), claim ? leaseUntil : 0);
}

function createdIn(events: readonly Event[], id: string): EventOf<'step_created'> | undefined {
  return events.find(
    (event): event is EventOf<'step_created'> =>
      event.eventType === 'step_created' && event.correlationId === id,
  );
}

function offerOf(run: LiveRun, { correlationId, version, eventData }: EventOf<'step_created'>): Offer {
  return {
    run,
    correlationId: correlationId!,
    stepName: eventData.stepName,
    createdVersion: version,
    startedAt: 0,
    claim: undefined,
    leaseUntil: 0,
    dueAt: Number.POSITIVE_INFINITY,
    slot: -1,
    turn: 0,
  };
}

/** The first event by which an owner would act on a step that is offered as its projection stands. */
export function actOnOffered({ steps }: Projection, events: readonly Event[]): Event | undefined {
  return events.find(
    ({ eventType, correlationId = '' }) =>
      eventType.startsWith('step_') && steps.get(correlationId)?.offeredAt !== undefined,
  );
}
