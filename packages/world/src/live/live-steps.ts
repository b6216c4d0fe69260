/**
 * The offered steps of a World that drives its runs from one process: every decision of `Steps`, none of the storage.
 *
 * As with runs, each method decides, writes and indexes within one synchronous call, and claims live here only.
 */
import { inputInvalid } from '../errors.ts';
import type { Event, EventOf } from '../event.ts';
import { isId } from '../event-fields.ts';
import type {
  ClaimedSteps,
  ClaimStepsRequest,
  FinishResult,
  OfferedStep,
  StepClaim,
  StepOutcome,
} from '../steps.ts';
import type { ClaimRequest } from '../world.ts';
import { checkOutcome, checkRequest } from './checks.ts';
import type { LiveRun } from './live-run.ts';
import type { Offer } from './offers.ts';
import { placed } from './outside-events.ts';
import type { RunTable } from './run-table.ts';

const startsPerRead = 16;

export class LiveSteps {
  readonly #table: RunTable;

  constructor(table: RunTable) {
    this.#table = table;
  }

  claim(request: ClaimStepsRequest): ClaimedSteps {
    checkRequest(request);
    const { limit, stepNames } = request;
    if (!(limit >= 0)) throw inputInvalid('claim', `limit: expected 0 or more, got ${limit}`);
    const { offers, clock } = this.#table;
    const now = clock();
    const wanted = stepNames && new Set(stepNames);
    const claimed: OfferedStep[] = [];
    let next = offers.next(wanted);
    while (next && next.dueAt <= now && claimed.length < limit) {
      try {
        claimed.push(this.#take(next, request, now));
      } catch (error) {
        // Those before it have their attempt in the history, so their worker must learn of them.
        if (claimed.length === 0) throw error;
        break;
      }
      next = offers.next(wanted);
    }
    return { claimed, nextDueAt: next ? next.dueAt : null };
  }

  finish(claim: StepClaim, outcome: StepOutcome): FinishResult {
    checkOutcome(claim, outcome);
    const { correlationId } = claim;
    const run = this.#table.runs.get(claim.runId);
    if (!run || !this.#table.offers.held(run, claim)) return this.#knownEnd(claim, run);
    const { eventType, eventData } = outcome;
    const event = placed(run.projection, { eventType, correlationId, eventData }, this.#table.clock());
    this.#table.wake(run, [event]);
    return { kind: 'finished', version: event.version };
  }

  renew(request: ClaimRequest & { readonly claims: readonly StepClaim[] }): { lost: StepClaim[] } {
    checkRequest(request);
    const { runs, offers, clock } = this.#table;
    const leaseUntil = clock() + request.leaseMs;
    const lost: StepClaim[] = [];
    for (const claim of request.claims) {
      const run = runs.get(claim.runId);
      const offer = claim.worker === request.worker && run ? offers.held(run, claim) : undefined;
      if (offer) offers.hold(offer, offer.claim, leaseUntil);
      else lost.push(claim);
    }
    return { lost };
  }

  release(claims: readonly StepClaim[]): void {
    const { runs, offers, hints, clock } = this.#table;
    for (const claim of claims) {
      const run = runs.get(claim.runId);
      const offer = run && offers.held(run, claim);
      if (!offer) continue;
      offers.hold(offer, undefined, 0);
      if (offer.dueAt <= clock()) hints.emit(claim.runId, 'offered');
    }
  }

  #take(offer: Offer, request: ClaimRequest, now: number): OfferedStep {
    const { offers, hints } = this.#table;
    const { run, correlationId } = offer;
    const { projection } = run;
    const { runId } = projection.run;
    const { attempt, failures = 0 } = projection.steps.get(correlationId)!;
    const claim: StepClaim = { runId, correlationId, attempt: attempt + 1, worker: request.worker };
    const facts = this.#factsOf(offer);
    const eventData = { attempt: claim.attempt, worker: claim.worker };
    const started = placed(projection, { eventType: 'step_started', correlationId, eventData }, now);
    this.#table.write(run, [started], run.wakeAt);
    offers.hold(offer, claim, now + request.leaseMs);
    if (run.claim) hints.emit(runId, 'moved');
    const [copy] = this.#table.store.read(runId, { after: started.version - 1, limit: 1 });
    return { claim: { ...claim }, started: copy as EventOf<'step_started'>, failures, ...facts };
  }

  #factsOf({ run, createdVersion }: Offer): Pick<OfferedStep, 'created' | 'run'> {
    const { runId } = run.projection.run;
    const { store } = this.#table;
    const [created] = store.read(runId, { after: createdVersion - 1, limit: 1 });
    const first = store.read(runId, { after: 0, limit: 1 })[0];
    return {
      created: created as EventOf<'step_created'>,
      run: { created: first as EventOf<'run_created'>, started: this.#startOf(runId) },
    };
  }

  /** Nearly always the second event; nothing is offered before it. */
  #startOf(runId: string): EventOf<'run_started'> {
    for (let after = 1; ; after += startsPerRead) {
      const events = this.#table.store.read(runId, { after, limit: startsPerRead });
      const started = events.find(({ eventType }) => eventType === 'run_started');
      if (started) return started as EventOf<'run_started'>;
      if (events.length === 0) throw new RangeError(`Expected run ${runId} to have started`);
    }
  }

  /** The end of an attempt that is nobody's any more: in the history, when it was the claim's to write it. */
  #knownEnd(claim: StepClaim, run: LiveRun | undefined): FinishResult {
    const { runId, correlationId, attempt } = claim;
    const { store } = this.#table;
    const projection = run?.projection ?? (isId(runId) ? store.findEnded(runId) : undefined);
    const step = projection?.steps.get(correlationId);
    if (!step || step.attempt < attempt) return { kind: 'claim-lost' };
    const version = endOfAttempt(store.read(runId, { after: 0 }), claim);
    return version === undefined ? { kind: 'claim-lost' } : { kind: 'finished', version };
  }
}

/** The version at which an attempt ended that was the claim's; undefined when it did not, or was another's. */
export function endOfAttempt(history: Iterable<Event>, claim: StepClaim): number | undefined {
  let mine = false;
  for (const event of history) {
    if (event.correlationId !== claim.correlationId) continue;
    if (event.eventType === 'step_started')
      mine = event.eventData.attempt === claim.attempt && event.eventData.worker === claim.worker;
    else if (mine && isEnd(event)) return event.version;
  }
  return undefined;
}

function isEnd({ eventType }: Event): boolean {
  return (
    eventType === 'step_completed' ||
    eventType === 'step_failed' ||
    eventType === 'step_retrying' ||
    eventType === 'step_returned'
  );
}
