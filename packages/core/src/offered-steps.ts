/**
 * Claims steps that are offered, as many as this process has slots for, and runs them like its own.
 *
 * - A claim is renewed for as long as its body runs; one that is lost aborts the body, and nothing it brings is recorded.
 * - What ended is told until the store takes it, or the claim is lost (X1).
 * - A step that cannot begin here is returned: whoever drives its run finds out why, and pauses it.
 */
import { type Hint, type OfferedStep, type StepClaim, WorldError } from '@perdure/world';
import { builtinSteps } from './builtin-steps.ts';
import type { Engine } from './engine.ts';
import { attemptOf, endOf, FollowedAborts, returnOf } from './offered-attempt.ts';
import { isRepairable } from './paused-run.ts';
import { closeStreams } from './run-streams.ts';
import { type Attempt, runAttempt } from './step-runner.ts';

const claimBatch = 16;
const retryMs = { first: 50, max: 2_000 } as const;

export interface OfferedStepsOptions {
  readonly leaseMs: number;
  /** Steps taken at most, in all. */
  readonly limit: number;
  /** Called before a look: what is held here must not look abandoned. */
  readonly keep: () => Promise<void>;
  /** A step may be claimed then, in the engine's time. */
  readonly onDue: (at: number) => void;
}

interface Running {
  readonly claim: StepClaim;
  readonly attempt: Attempt;
  readonly aborts: FollowedAborts;
  state: 'running' | 'over' | 'lost';
}

export class OfferedSteps {
  readonly #engine: Engine;
  readonly #options: OfferedStepsOptions;
  readonly #running = new Map<string, Running>();
  readonly #work = new Set<Promise<void>>();
  #state: 'taking' | 'draining' | 'stopped' = 'taking';
  #looking: 'no' | 'yes' | 'again' = 'no';
  #taken = 0;
  readonly #onSlot = (): void => this.look();

  constructor(engine: Engine, options: OfferedStepsOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Whether it claims or runs any now. */
  get busy(): boolean {
    return this.#work.size > 0;
  }

  /** Whether it has taken as many as it may. */
  get sated(): boolean {
    return this.#taken >= this.#options.limit;
  }

  /** Claims what is offered, for as long as there are slots. */
  look(): void {
    if (this.#state !== 'taking') return;
    if (this.#looking !== 'no') {
      this.#looking = 'again';
      return;
    }
    this.#looking = 'yes';
    this.#do(
      this.#claimAll().finally(() => {
        const again = this.#looking === 'again';
        this.#looking = 'no';
        if (again) this.look();
      }),
    );
  }

  /** News of a run: its end ends its attempts here, and its aborts are theirs. */
  hear({ runId, kind }: Hint): void {
    if (kind === 'offered') this.look();
    if (kind === 'ended' && this.#engine.streaming.has(runId)) void this.#close(runId);
    const own = [...this.#running.values()].filter(({ claim }) => claim.runId === runId);
    if (own.length === 0) return;
    if (kind === 'ended') void this.renew().catch(() => undefined);
    else for (const { aborts } of own) void aborts.look();
  }

  /** Renews what is held here, aborts what is lost, and looks for aborts. Throws what the store throws. */
  async renew(): Promise<void> {
    const claims = Array.from(this.#running.values(), ({ claim }) => claim);
    if (claims.length === 0) return;
    const { world, worker } = this.#engine;
    const { lost } = await world.steps.renew({ worker, leaseMs: this.#options.leaseMs, claims });
    const reason = new DOMException('The claim on the step was lost.', 'AbortError');
    for (const claim of lost) this.#lose(this.#running.get(keyOf(claim)), reason);
    await Promise.all(Array.from(this.#running.values(), ({ aborts }) => aborts.look()));
  }

  /** Takes no more. */
  drain(): void {
    this.#state = 'draining';
    this.#engine.slots.cancelWait(this.#onSlot);
  }

  /** Resolves when nothing is claimed and run. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  /** Aborts what runs, and gives it back. */
  async giveBack(reason: unknown): Promise<void> {
    this.#state = 'stopped';
    const left = [...this.#running.values()];
    for (const running of left) this.#lose(running, reason);
    await this.#release(left.map(({ claim }) => claim));
  }

  async #claimAll(): Promise<void> {
    const { slots, report } = this.#engine;
    slots.cancelWait(this.#onSlot);
    try {
      while (this.#state === 'taking') {
        const limit = Math.min(slots.free, claimBatch, this.#options.limit - this.#taken);
        if (limit === 0) {
          if (!this.sated) slots.wait(this.#onSlot);
          return;
        }
        if ((await this.#claim(limit)) < limit) return;
      }
    } catch (error) {
      if (this.#state === 'taking') report('looking for offered steps failed', error);
    }
  }

  /** How many were taken. */
  async #claim(limit: number): Promise<number> {
    const { world, worker, clock, slots, steps } = this.#engine;
    const { leaseMs, keep, onDue } = this.#options;
    const stepNames = [...steps.keys(), ...builtinSteps.keys()];
    // Taken before it is known whether they are needed: bodies that start meanwhile must not be too many.
    slots.take(limit);
    let claimed: readonly OfferedStep[] = [];
    let askedAt = 0;
    try {
      await keep();
      askedAt = clock();
      const answer = await world.steps.claim({ worker, leaseMs, limit, stepNames });
      claimed = answer.claimed;
      if (claimed.length < limit && answer.nextDueAt !== null) onDue(answer.nextDueAt);
    } finally {
      for (let unused = limit - claimed.length; unused > 0; unused -= 1) slots.give();
    }
    this.#taken += claimed.length;
    for (const step of claimed) this.#do(this.#begin(step, askedAt));
    return claimed.length;
  }

  async #begin(step: OfferedStep, askedAt: number): Promise<void> {
    const { slots, clock } = this.#engine;
    const late = clock() - askedAt > this.#options.leaseMs / 2;
    const owned = !late || (await this.#isOwned(step.claim));
    let attempt: Attempt | undefined;
    try {
      if (owned && this.#state === 'taking') attempt = attemptOf(this.#engine, step);
    } catch (error) {
      slots.give();
      await this.#return(step.claim, error);
      return;
    }
    if (attempt) await this.#run(step, attempt);
    else {
      slots.give();
      await this.#release([step.claim]);
    }
  }

  /** After a standstill another process may have the step: then it does not begin here (S1), nor in doubt. */
  async #isOwned(claim: StepClaim): Promise<boolean> {
    const { world, worker, report } = this.#engine;
    try {
      const { lost } = await world.steps.renew({ worker, leaseMs: this.#options.leaseMs, claims: [claim] });
      return lost.length === 0;
    } catch (error) {
      report(`it is not known whose step ${claim.correlationId} is`, error);
      return false;
    }
  }

  async #run(step: OfferedStep, attempt: Attempt): Promise<void> {
    const { envelope, client, slots } = this.#engine;
    const aborts = new FollowedAborts(this.#engine, attempt, step);
    const running: Running = { claim: step.claim, attempt, aborts, state: 'running' };
    const key = keyOf(step.claim);
    this.#running.set(key, running);
    const ending = runAttempt(attempt, envelope, client);
    void aborts.look();
    const outcome = await ending;
    slots.give();
    if (running.state === 'running') {
      running.state = 'over';
      await this.#tell(step.claim, () => endOf(attempt, outcome, this.#engine));
    }
    this.#running.delete(key);
  }

  async #return(claim: StepClaim, error: unknown): Promise<void> {
    if (!isRepairable(error)) this.#engine.report(`step ${claim.correlationId} could not begin`, error);
    await this.#tell(claim, () => returnOf(claim.attempt, error));
  }

  /** Tells how an attempt ended, until the store takes it. */
  async #tell(claim: StepClaim, end: () => ReturnType<typeof endOf>): Promise<void> {
    const { world, report } = this.#engine;
    try {
      const outcome = end();
      const isMine = () => this.#state !== 'stopped' && this.#running.get(keyOf(claim))?.state !== 'lost';
      for (let trouble = 0; isMine(); trouble += 1) {
        try {
          await world.steps.finish(claim, outcome);
          return;
        } catch (error) {
          if (isFinal(error)) throw error;
          if (trouble === 0) report(`the end of step ${claim.correlationId} is told again`, error);
        }
        await pause(Math.min(retryMs.max, retryMs.first * 2 ** trouble));
      }
    } catch (error) {
      if (WorldError.is(error) && error.code === 'WORLD_CLOSED') return;
      report(`the end of step ${claim.correlationId} could not be told`, error);
      await this.#release([claim]);
    }
  }

  #lose(running: Running | undefined, reason: unknown): void {
    if (!running) return;
    const { state, attempt } = running;
    running.state = 'lost';
    if (state === 'running') attempt.abort.abort(reason);
  }

  /** Claims that cannot be given back run out by themselves. */
  async #release(claims: readonly StepClaim[]): Promise<void> {
    if (claims.length === 0) return;
    try {
      await this.#engine.world.steps.release(claims);
    } catch (error) {
      if (!(WorldError.is(error) && error.code === 'WORLD_CLOSED'))
        this.#engine.report('giving steps back failed', error);
    }
  }

  async #close(runId: string): Promise<void> {
    try {
      await closeStreams(this.#engine, runId);
    } catch {
      // Its readers end with the run all the same.
    }
  }

  #do(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }
}

function keyOf({ runId, correlationId, attempt }: StepClaim): string {
  return `${runId} ${correlationId} ${attempt}`;
}

/** Trouble that trying again cannot mend. */
function isFinal(error: unknown): boolean {
  const finals = ['WORLD_CLOSED', 'INPUT_INVALID', 'HISTORY_INVALID', 'DATA_DAMAGED'];
  return WorldError.is(error) && finals.includes(error.code);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
