/** Claims of this process: taken in batches, renewed by one call, given back. */
import type {
  Claim,
  ClaimDueRequest,
  Claimed,
  ClaimRequest,
  ClaimResult,
  Event,
  RenewResult,
} from '@perdure/world';
import { worldErrors } from '@perdure/world';
import { checkRequest } from '@perdure/world/live';
import { toColumn } from './column-text.ts';
import type { Database } from './database.ts';
import { type EventRow, eventOf } from './event-row.ts';
import type { HeldRuns } from './held-runs.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { LookPace } from './look-pace.ts';
import type { Pulse } from './pulse.ts';
import { type RunRow, runOf } from './run-row.ts';

export interface ClaimsOptions {
  readonly database: Database;
  readonly held: HeldRuns;
  readonly pulse: Pulse;
  readonly pace: LookPace;
  readonly keeper: LeaseKeeper;
  /** Runs whose creation, with a claim, is under way. */
  readonly creating: () => Iterable<string>;
}

interface ClaimedRow {
  readonly run: RunRow;
  readonly recent: readonly EventRow[];
}

interface Due {
  readonly now: number;
  readonly next: number | null;
  readonly offered: boolean;
  readonly runs: readonly ClaimedRow[];
}

/** The last events up to the tail; none where the row is newer than what the statement saw of them. */
function eventsOf({ run, recent }: ClaimedRow): Event[] {
  if (recent.at(-1)?.version !== run.version) return [];
  return recent.map((row) => eventOf(run.run_id, row));
}

export class Claims {
  readonly #options: ClaimsOptions;
  /** One look at a time: what a look may have taken without this process knowing is found by the next. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Workers of which a look's reply was lost. */
  readonly #doubtful = new Set<string>();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** The next look asks what a worker holds without this process knowing. */
  doubt(worker: string): void {
    this.#doubtful.add(worker);
  }

  claim(request: ClaimDueRequest): Promise<ClaimResult> {
    checkRequest(request);
    if (!(request.limit >= 0))
      throw worldErrors.inputInvalid('claim', `limit: expected 0 or more, got ${request.limit}`);
    const turn = this.#turn.then(() => this.#claim(request));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #claim(request: ClaimDueRequest): Promise<ClaimResult> {
    const { held, pulse, pace } = this.#options;
    const { worker, leaseMs } = request;
    await this.#giveUp(worker);
    const began = performance.now();
    const due = await this.#look(request);
    pulse.note(due.now);
    const rows = [...due.runs].sort((left, right) => (left.run.wake_at ?? 0) - (right.run.wake_at ?? 0));
    const claimed = rows.flatMap((row): Claimed[] => {
      const claim = { runId: row.run.run_id, worker, epoch: row.run.epoch };
      // The reply that brought it came first.
      if (held.get(claim.runId)?.claim.epoch === claim.epoch) return [];
      const { known } = held.hold(claim, { leaseMs, now: pulse.now() });
      try {
        const run = runOf(row.run);
        if (!held.hadNews(claim.runId, began)) known.meet(eventsOf(row));
        return [{ claim: { ...claim }, run }];
      } catch {
        // Damaged: who reads it is told so. The others of this look are driven, and this one is given up with time.
        return [];
      }
    });
    if (claimed.length > 0) this.#options.keeper.hold(worker, leaseMs);
    return { claimed, nextWakeAt: due.next, lookAgainMs: pace.next(claimed.length), offered: due.offered };
  }

  async #look({ worker, leaseMs, limit, workflowNames }: ClaimDueRequest): Promise<Due> {
    const { database, pulse } = this.#options;
    const names = workflowNames?.map(toColumn) ?? null;
    const [row] = await database.run<{ due: string }>({
      what: 'claim due runs',
      text: `SELECT "${database.schema}".claim_runs($1, $2, $3, $4, $5, $6) AS due`,
      values: (attempt) => {
        const known = attempt > 0 || this.#doubtful.has(worker) ? this.#known(worker) : null;
        this.#doubtful.add(worker);
        return [worker, leaseMs, limit, names, known, pulse.at()];
      },
    });
    this.#doubtful.delete(worker);
    return JSON.parse(row!.due) as Due;
  }

  /** What a worker holds, or is about to. */
  #known(worker: string): string[] {
    const { held, creating } = this.#options;
    return [...held.of(worker).map(({ claim }) => claim.runId), ...creating()];
  }

  async renew(
    request: ClaimRequest & {
      readonly claims: readonly { readonly claim: Claim; readonly version: number }[];
    },
  ): Promise<RenewResult> {
    checkRequest(request);
    const { database, held, pulse } = this.#options;
    const { worker, leaseMs } = request;
    const own = request.claims.filter(({ claim }) => claim.worker === worker);
    const foreign = request.claims.filter(({ claim }) => claim.worker !== worker);
    const text = JSON.stringify(
      own.map(({ claim, version }) => ({ run: claim.runId, epoch: claim.epoch, version })),
    );
    const [row] = await database.run<{ answer: string }>({
      what: 'renew claims',
      text: `SELECT "${database.schema}".renew_claims($1, $2, $3, $4) AS answer`,
      values: () => [worker, leaseMs, text, pulse.at()],
    });
    const answer = JSON.parse(row!.answer) as { now: number; lost: string[]; moved: string[] };
    pulse.note(answer.now);
    const lost = new Set([...answer.lost, ...foreign.map(({ claim }) => claim.runId)]);
    for (const { claim } of own) {
      if (lost.has(claim.runId)) held.forget(claim);
      else if (held.get(claim.runId)?.claim.epoch === claim.epoch)
        held.get(claim.runId)!.confirmedAt = pulse.now();
    }
    this.#options.keeper.hold(worker, leaseMs);
    await this.#giveUp(worker);
    return {
      lost: request.claims.map(({ claim }) => claim.runId).filter((id) => lost.has(id)),
      moved: answer.moved,
    };
  }

  /** The lease is the process's: a claim of which its holder says nothing any more must be given back. */
  async #giveUp(worker: string): Promise<void> {
    const { held, pulse } = this.#options;
    const silent = held
      .of(worker)
      .filter(({ confirmedAt, leaseMs }) => confirmedAt + 2 * leaseMs < pulse.now());
    if (silent.length > 0) await this.release(silent.map(({ claim }) => claim));
  }

  async release(claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return;
    const { database, held, pulse } = this.#options;
    const text = JSON.stringify(claims.map(({ runId, worker, epoch }) => ({ run: runId, worker, epoch })));
    const [row] = await database.run<{ due: string }>({
      what: 'give claims back',
      text: `SELECT "${database.schema}".release_claims($1, $2, $3) AS due`,
      values: (_, hints) => [text, pulse.origin(hints), pulse.at()],
    });
    for (const claim of claims) held.forget(claim);
    for (const runId of JSON.parse(row!.due) as string[]) pulse.emit(runId, 'due');
  }
}
