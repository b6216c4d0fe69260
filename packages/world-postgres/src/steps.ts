import {
  type ClaimedSteps,
  type ClaimRequest,
  type ClaimStepsRequest,
  type Event,
  type EventOf,
  type FinishResult,
  isId,
  type OfferedStep,
  type StepClaim,
  type StepOutcome,
  type Steps,
  worldErrors,
} from '@perdure/world';
import { checkOutcome, checkRequest, endOfAttempt } from '@perdure/world/live';
import { toColumn } from './column-text.ts';
import type { Database } from './database.ts';
import { dataText, type EventRow, eventOf } from './event-row.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { Pulse } from './pulse.ts';

export interface PostgresStepsOptions {
  readonly database: Database;
  readonly pulse: Pulse;
  readonly keeper: LeaseKeeper;
  readonly history: (runId: string, after: number) => Promise<Event[]>;
  readonly open: () => Promise<void> | undefined;
}

interface Facts {
  readonly run: string;
  readonly id: string;
  readonly attempt: number;
  readonly failures: number;
  readonly due: number;
  readonly step: EventRow;
  readonly attempted: EventRow;
  readonly created: EventRow;
  readonly started: EventRow;
}

interface HeldStep {
  readonly claim: StepClaim;
  readonly leaseMs: number;
  /** When the holder was last heard of. */
  confirmedAt: number;
}

/** The offered steps of a Postgres world. */
export class PostgresSteps implements Steps {
  readonly #options: PostgresStepsOptions;
  readonly #held = new Map<string, HeldStep>();
  /** Workers of which a look's reply was lost. */
  readonly #doubtful = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PostgresStepsOptions) {
    this.#options = options;
  }

  async claim(request: ClaimStepsRequest): Promise<ClaimedSteps> {
    await this.#options.open();
    checkRequest(request);
    if (!(request.limit >= 0))
      throw worldErrors.inputInvalid('claim', `limit: expected 0 or more, got ${request.limit}`);
    const turn = this.#turn.then(() => this.#claim(request));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #claim({ worker, leaseMs, limit, stepNames }: ClaimStepsRequest): Promise<ClaimedSteps> {
    const { database, pulse, keeper } = this.#options;
    const names = stepNames?.map(toColumn) ?? null;
    await this.#giveUp(worker);
    const [row] = await database.run<{ answer: string }>({
      what: 'claim offered steps',
      text: `SELECT "${database.schema}".claim_steps($1, $2, $3, $4, $5, $6, $7) AS answer`,
      values: (attempt, hints) => {
        const known = attempt > 0 || this.#doubtful.has(worker) ? this.#known(worker) : null;
        this.#doubtful.add(worker);
        return [worker, leaseMs, limit, names, known, pulse.origin(hints), pulse.at()];
      },
    });
    this.#doubtful.delete(worker);
    const answer = JSON.parse(row!.answer) as { now: number; next: number | null; steps: Facts[] };
    pulse.note(answer.now);
    const facts = answer.steps.sort(
      (left, right) => left.due - right.due || left.step.version - right.step.version,
    );
    const claimed = facts.flatMap((one) => {
      try {
        return [this.#take(one, { worker, leaseMs })];
      } catch {
        // Damaged: who reads it is told so. The others of this look are run, and this one is given up with time.
        return [];
      }
    });
    if (claimed.length > 0) keeper.hold(worker, leaseMs);
    return { claimed, nextDueAt: answer.next };
  }

  #take(facts: Facts, { worker, leaseMs }: ClaimRequest): OfferedStep {
    const { pulse, keeper } = this.#options;
    const { run: runId, id: correlationId, attempt, failures } = facts;
    const claim = { runId, correlationId, attempt, worker };
    this.#held.set(keyOf(claim), { claim, leaseMs, confirmedAt: pulse.now() });
    keeper.count('steps', this.#held.size);
    pulse.emit(runId, 'moved');
    return {
      claim: { ...claim },
      created: eventOf(runId, facts.step) as EventOf<'step_created'>,
      started: eventOf(runId, facts.attempted) as EventOf<'step_started'>,
      failures,
      run: {
        created: eventOf(runId, facts.created) as EventOf<'run_created'>,
        started: eventOf(runId, facts.started) as EventOf<'run_started'>,
      },
    };
  }

  async finish(claim: StepClaim, outcome: StepOutcome): Promise<FinishResult> {
    await this.#options.open();
    checkOutcome(claim, outcome);
    const { database, pulse } = this.#options;
    const { runId, correlationId, attempt, worker } = claim;
    const { eventType, eventData } = outcome;
    const data = dataText({ eventType, eventData } as Event);
    const text = JSON.stringify({ run: runId, id: correlationId, attempt, worker, type: eventType, data });
    const [row] = await database.run<{ answer: string | null }>({
      what: 'finish a step',
      text: `SELECT "${database.schema}".finish_step($1, $2, $3) AS answer`,
      values: (_, hints) => [text, pulse.origin(hints), pulse.at()],
    });
    this.#forget(claim);
    if (row!.answer === null) return this.#knownEnd(claim);
    const { version, held } = JSON.parse(row!.answer) as { version: number; held: boolean };
    pulse.emit(runId, held ? 'moved' : 'due');
    return { kind: 'finished', version };
  }

  async renew(
    request: ClaimRequest & { readonly claims: readonly StepClaim[] },
  ): Promise<{ readonly lost: StepClaim[] }> {
    await this.#options.open();
    checkRequest(request);
    const { database, pulse, keeper } = this.#options;
    const { worker, leaseMs, claims } = request;
    const text = JSON.stringify(
      claims.flatMap((claim, place) =>
        claim.worker === worker
          ? [{ place, run: claim.runId, id: claim.correlationId, attempt: claim.attempt }]
          : [],
      ),
    );
    const [row] = await database.run<{ lost: string }>({
      what: 'renew claims of steps',
      text: `SELECT "${database.schema}".renew_steps($1, $2, $3, $4) AS lost`,
      values: () => [worker, leaseMs, text, pulse.at()],
    });
    keeper.hold(worker, leaseMs);
    const places = new Set(JSON.parse(row!.lost) as number[]);
    const lost = claims.filter((claim, place) => claim.worker !== worker || places.has(place));
    for (const claim of claims) {
      const held = this.#held.get(keyOf(claim));
      if (held) held.confirmedAt = pulse.now();
    }
    for (const claim of lost) if (claim.worker === worker) this.#forget(claim);
    await this.#giveUp(worker);
    return { lost };
  }

  async release(claims: readonly StepClaim[]): Promise<void> {
    await this.#options.open();
    if (claims.length === 0) return;
    const { database, pulse } = this.#options;
    const text = JSON.stringify(
      claims.map(({ runId, correlationId, attempt, worker }) => ({
        run: runId,
        id: correlationId,
        attempt,
        worker,
      })),
    );
    const [row] = await database.run<{ due: string }>({
      what: 'give steps back',
      text: `SELECT "${database.schema}".release_steps($1, $2, $3) AS due`,
      values: (_, hints) => [text, pulse.origin(hints), pulse.at()],
    });
    for (const claim of claims) this.#forget(claim);
    for (const runId of JSON.parse(row!.due) as string[]) pulse.emit(runId, 'offered');
  }

  clear(): void {
    this.#held.clear();
    this.#options.keeper.count('steps', 0);
  }

  /** The lease is the process's: an attempt of which its holder says nothing any more must be given back. */
  async #giveUp(worker: string): Promise<void> {
    const now = this.#options.pulse.now();
    const silent = [...this.#held.values()].filter(
      ({ claim, leaseMs, confirmedAt }) => claim.worker === worker && confirmedAt + 2 * leaseMs < now,
    );
    await this.release(silent.map(({ claim }) => claim));
  }

  #known(worker: string): string[] {
    const own = [...this.#held.values()].filter(({ claim }) => claim.worker === worker);
    return own.map(({ claim }) => `${claim.runId} ${claim.correlationId}`);
  }

  #forget(claim: StepClaim): void {
    const held = this.#held.get(keyOf(claim));
    if (held?.claim.attempt !== claim.attempt || held.claim.worker !== claim.worker) return;
    this.#held.delete(keyOf(claim));
    this.#options.keeper.count('steps', this.#held.size);
  }

  /** The end of an attempt that is nobody's any more: in the history, when it was the claim's to write it. */
  async #knownEnd(claim: StepClaim): Promise<FinishResult> {
    if (!isId(claim.runId)) return { kind: 'claim-lost' };
    try {
      const version = endOfAttempt(await this.#options.history(claim.runId, 0), claim);
      return version === undefined ? { kind: 'claim-lost' } : { kind: 'finished', version };
    } catch (error) {
      if ((error as { code?: unknown }).code === 'RUN_NOT_FOUND') return { kind: 'claim-lost' };
      throw error;
    }
  }
}

function keyOf({ runId, correlationId }: StepClaim): string {
  return `${runId} ${correlationId}`;
}
