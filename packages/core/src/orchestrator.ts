/**
 * The loop that drives one claimed run: read what is new, advance, turn commands and finished steps into events,
 * append them in one write, start the steps that are now due, park.
 *
 * - One owner per run: a session exists while its process holds the claim.
 * - Speculate, but act only on what is durable: the Execution consumes events before they are written; bodies
 *   start and logs are shown after the append.
 * - A refused append changes nothing but the owner's knowledge: the Execution that ran ahead is dropped and
 *   rebuilt from the history (E6). There is no other repair.
 * - Cold or resident makes no difference here: the stage builder gives an Execution either way.
 */
import type { AppendResult, Claim, Payload } from '@perdure/world';
import type { Seat } from './admission.ts';
import { explainedFor } from './divergence.ts';
import type { Engine } from './engine.ts';
import { DivergenceError } from './errors.ts';
import type { Execution } from './execution.ts';
import { announceEnd, type EndEvent } from './lifecycle.ts';
import { breathe } from './macrotask.ts';
import { historyIsLong, historyTooLong, waitsForNothing } from './messages.ts';
import { passAborts } from './passed-aborts.ts';
import { isClosed, isFinal, isRepairable, PausedRun } from './paused-run.ts';
import type { Arrival } from './stage.ts';
import { StageBuilder } from './stage-builder.ts';
import { type Attempt, runAttempt } from './step-runner.ts';
import { beginWhileOwned } from './still-owned.ts';

const retryMs = { first: 50, max: 2_000 } as const;
const timerMaxMs = 2 ** 31 - 1;

export class RunSession {
  readonly runId: string;
  readonly claim: Claim;
  readonly #engine: Engine;
  readonly #leaseMs: number;
  readonly #builder: StageBuilder;
  readonly #seat: Seat;
  readonly #inFlight = new Map<string, Attempt>();
  #arrivals: Arrival[] = [];
  #news = false;
  #state: 'driving' | 'draining' | 'lost' = 'driving';
  #wakeAt: number | undefined;
  #wake: (() => void) | undefined;
  readonly #onSlot = (): void => this.#signal();

  constructor(engine: Engine, claim: Claim, leaseMs: number) {
    this.#engine = engine;
    this.runId = claim.runId;
    this.claim = claim;
    this.#leaseMs = leaseMs;
    this.#builder = new StageBuilder(engine, claim.runId);
    this.#seat = engine.admission.seat();
  }

  /** The last version known to be durable. */
  get version(): number {
    return this.#builder.tail;
  }

  /** Others wrote to the run. */
  notify(): void {
    this.#news = true;
    this.#signal();
  }

  /** Starts no more steps, and gives the run back when none is in flight. */
  drain(): void {
    if (this.#state === 'driving') this.#state = 'draining';
    this.#signal();
  }

  /** The claim is gone, or must be given up now: stops acting, aborts what is in flight. */
  lose(reason: unknown): void {
    this.#state = 'lost';
    for (const attempt of this.#inFlight.values()) attempt.abort.abort(reason);
    this.#signal();
  }

  /**
   * Drives until the run ends, waits for nothing but time or the outside, or is lost. Never throws. Returns when
   * the run is due next, where this session knows.
   */
  drive(): Promise<number | undefined> {
    return this.#drive().finally(() => this.#seat.leave());
  }

  async #drive(): Promise<number | undefined> {
    for (let trouble = 0; ; ) {
      try {
        while (await this.#round()) trouble = 0;
        return this.#wakeAt;
      } catch (error) {
        this.#refuse();
        this.#builder.drop();
        if (this.#state === 'lost') return undefined;
        if (isRepairable(error)) return await this.#pause(error);
        if (isFinal(error)) {
          this.lose(error);
          if (!isClosed(error)) this.#engine.report(`run ${this.runId} is left alone`, error);
          return undefined;
        }
        // X1: trouble with the store is never the run's failure.
        if (trouble === 0) this.#engine.report(`run ${this.runId} tries again`, error);
        await this.#pauseFor(Math.min(retryMs.max, retryMs.first * 2 ** trouble));
        trouble += 1;
      }
    }
  }

  /** One pass; false when the session is over. */
  async #round(): Promise<boolean> {
    await breathe();
    const room = this.#seat.take(this.#engine.resident.get(this.runId) ? 'nothing' : 'room');
    if (room) await room;
    if (this.#state === 'lost') {
      this.#builder.drop();
      return false;
    }
    const news = this.#news ? 'news' : 'none';
    this.#news = false;
    await this.#builder.catchUp(news);
    if (this.#holdsSignals()) this.#passAborts((await this.#builder.execution()).open.aborts);
    const arrivals = await this.#takeArrivals();
    const execution = await this.#builder.build(
      arrivals,
      this.#inFlight,
      this.#state === 'driving' ? 'start' : 'hold',
    );
    const { events, starts } = this.#builder.stage;
    if (execution.ended && events.length === 0) return this.#endedOutside();
    this.#checkLength(execution.version - events.length, execution.version);
    const busy = this.#inFlight.size > arrivals.length || starts.length > 0 || this.#arrivals.length > 0;
    const idle = !busy && (this.#state === 'draining' || !execution.open.hasReady);
    if (events.length === 0 && !idle) {
      await this.#waitForNews(execution);
      return true;
    }
    return this.#append(execution, idle ? 'release' : 'keep');
  }

  /** Throws HISTORY_TOO_LONG for a history that may not grow so long. */
  #checkLength(before: number, after: number): void {
    const { historyEvents, historyEventsReported } = this.#engine.limits;
    if (after > historyEvents) throw historyTooLong(this.runId, historyEvents);
    if (before < historyEventsReported && after >= historyEventsReported)
      this.#engine.report('a history grows long', historyIsLong(this.runId, after));
  }

  /** Outcomes that the history does not have; after a lost reply it may have some already (L2). */
  async #takeArrivals(): Promise<Arrival[]> {
    if (this.#arrivals.length === 0) return [];
    const { steps } = (await this.#builder.execution()).open;
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    return arrivals.filter(({ attempt }) => {
      const step = steps.get(attempt.step.id);
      const open = step?.status === 'running' && step.attempt === attempt.number;
      if (!open) this.#inFlight.delete(attempt.step.id);
      return open;
    });
  }

  /** False when the run was given back with the write. */
  async #append(execution: Execution, claim: 'keep' | 'release'): Promise<boolean> {
    const { ended } = execution;
    const { hasReady, hasRunning } = execution.open;
    // Nobody runs what is running when a run is given back by who starts nothing more: the next owner starts it again.
    const isCutOff = hasRunning && this.#state !== 'driving';
    const waitsOnly = claim === 'release' && !hasReady && !isCutOff;
    const next = waitsOnly ? this.#builder.nextDueAt(execution) : this.#builder.now(execution);
    const wakeAt = ended ? null : next;
    const release = claim === 'release' || ended !== undefined;
    const options = { after: this.#builder.tail, wakeAt, release };
    const { events } = this.#builder.stage;
    // Asked now: who takes over what is given back may go on with this Execution before the reply comes.
    const standsStill = release && !ended && execution.waitsForNothing;
    // Nobody takes over what has ended.
    const ownedAt = ended ? Number.POSITIVE_INFINITY : this.#engine.clock();
    const result = await this.#engine.world.runs.append(this.claim, events, options);
    if (!(await this.#settleAppend(result, ownedAt))) return true;
    if (ended) {
      this.#builder.drop();
      void announceEnd(this.#engine, execution.created, events.at(-1) as EndEvent);
    }
    if (!release) return true;
    if (standsStill && this.#state === 'driving')
      this.#engine.report(`run ${this.runId} stands still`, waitsForNothing(this.runId));
    this.#wakeAt = wakeAt ?? undefined;
    return false;
  }

  /** Someone else wrote the end: cancelled. */
  #endedOutside(): false {
    this.lose(new DOMException('The run was cancelled.', 'AbortError'));
    this.#builder.drop();
    return false;
  }

  /** True when the stage became durable; what it asked for is done then. */
  async #settleAppend(result: AppendResult, ownedAt: number): Promise<boolean> {
    this.#seat.progress();
    if (result.kind === 'appended') {
      const { arrivals, logs, starts } = this.#builder.accept(result.version);
      for (const { attempt } of arrivals) this.#inFlight.delete(attempt.step.id);
      for (const line of logs) this.#engine.log(this.runId, line);
      const owner = { claim: this.claim, leaseMs: this.#leaseMs, version: this.version, ownedAt };
      const begin = (attempt: Attempt) => this.#state !== 'lost' && this.#begin(attempt);
      if (!(await beginWhileOwned(this.#engine, owner, starts, begin))) this.#loseClaim();
      this.#passAborts(this.#engine.resident.get(this.runId)?.open.aborts);
      return true;
    }
    if (result.kind === 'token-taken')
      this.#builder.noteConflict(result.correlationId, result.token, result.ownerRunId);
    if (result.kind === 'tail-moved') this.#news = true;
    this.#refuse();
    if (result.kind === 'claim-lost') this.#loseClaim();
    return false;
  }

  #loseClaim(): void {
    this.lose(new DOMException('The claim on the run was lost.', 'AbortError'));
  }

  /** Aborts what attempts in flight were given and the history says is aborted. */
  #passAborts(aborts: ReadonlyMap<string, Payload> | undefined): void {
    if (!aborts || aborts.size === 0) return;
    for (const attempt of this.#inFlight.values()) passAborts(attempt, aborts, this.#engine.envelope);
  }

  #holdsSignals(): boolean {
    return [...this.#inFlight.values()].some(({ signals }) => signals.size > 0);
  }

  #refuse(): void {
    this.#arrivals = [...this.#builder.refuse(), ...this.#arrivals];
  }

  #begin(attempt: Attempt): true {
    this.#inFlight.set(attempt.step.id, attempt);
    void runAttempt(attempt, this.#engine.envelope, this.#engine.client).then((outcome) => {
      this.#engine.slots.give();
      this.#arrivals.push({ attempt, outcome });
      this.#signal();
    });
    return true;
  }

  async #pause(cause: unknown): Promise<number | undefined> {
    this.#engine.report(`run ${this.runId} waits for a repair`, cause);
    try {
      const told = DivergenceError.is(cause) ? await explainedFor(this.#engine, cause) : cause;
      const paused = new PausedRun(this.#engine, this.claim, told);
      await paused.record(this.#takeOutcomes());
      while (this.#inFlight.size > 0 && this.#state !== 'lost') {
        await this.#park(timerMaxMs);
        await paused.record(this.#takeOutcomes());
      }
      return await paused.leave();
    } catch (error) {
      this.lose(error);
      if (!isClosed(error)) this.#engine.report(`run ${this.runId} could not be paused`, error);
      return undefined;
    }
  }

  /** What attempts in flight brought while the run is paused. */
  #takeOutcomes(): Arrival[] {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const { attempt } of arrivals) this.#inFlight.delete(attempt.step.id);
    return arrivals;
  }

  async #waitForNews(execution: Execution): Promise<void> {
    if (execution.open.hasReady && this.#state === 'driving') this.#engine.slots.wait(this.#onSlot);
    const dueAt = this.#builder.nextDueAt(execution);
    await this.#park(dueAt === null ? timerMaxMs : dueAt - this.#builder.now(execution));
    this.#engine.slots.cancelWait(this.#onSlot);
  }

  /** Sleeps until something arrives, or for a time. */
  async #park(ms: number): Promise<void> {
    if (this.#news || this.#arrivals.length > 0 || this.#state === 'lost') return;
    await this.#pauseFor(ms);
  }

  async #pauseFor(ms: number): Promise<void> {
    this.#seat.rest();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = ms < timerMaxMs ? setTimeout(resolve, Math.max(1, ms)) : undefined;
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }

  #signal(): void {
    this.#wake?.();
  }
}
