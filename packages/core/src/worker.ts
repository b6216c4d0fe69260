/**
 * Claims due runs and drives them, and offered steps and runs them; renews what it holds, and drains on stop.
 *
 * Hints only shorten the wait: the poll is the truth (W7). Timers do not keep the process alive.
 */
import { type Claim, type ClaimRequest, type Hint, WorldError } from '@perdure/world';
import type { Engine } from './engine.ts';
import { tellWaiting } from './lifecycle.ts';
import { OfferedSteps } from './offered-steps.ts';
import { RunSession } from './orchestrator.ts';
import { registry } from './registry.ts';

export interface WorkerOptions {
  /** Runs driven at once. Default 256. */
  readonly maxConcurrentRuns: number;
  /** How long a claim holds without renewal, in milliseconds; renewed three times as often. Default 10,000. */
  readonly leaseMs: number;
  /** Longest time between two looks for due runs, in milliseconds. Default: what the world says. */
  readonly pollMs: number;
}

export const workerDefaults: WorkerOptions = {
  maxConcurrentRuns: 256,
  leaseMs: 10_000,
  pollMs: Number.POSITIVE_INFINITY,
};

/** Before the next look when one has failed. */
const afterTroubleMs = 2_000;
const timerMaxMs = 2 ** 31 - 1;

const claimBatch = 64;

export class Worker {
  readonly #engine: Engine;
  readonly #options: WorkerOptions;
  readonly #sessions = new Map<string, RunSession>();
  readonly #driving = new Map<RunSession, Promise<void>>();
  protected readonly steps: OfferedSteps;
  #mode: 'on' | 'registered' = 'on';
  #state: 'idle' | 'running' | 'stopping' = 'idle';
  #unwatch: (() => void) | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #polling: 'no' | 'yes' | 'again' = 'no';
  /** The last look for due runs. */
  #looking: Promise<void> = Promise.resolve();
  /** Places for runs that may come with an answer that is under way. */
  #lent = 0;
  /** When the claims held here were renewed last, in the engine's time. */
  #renewedAt = 0;

  /** `stepsMax`: offered steps that it takes in its life. */
  constructor(engine: Engine, options: WorkerOptions, stepsMax: number = Number.POSITIVE_INFINITY) {
    this.#engine = engine;
    this.#options = options;
    this.steps = new OfferedSteps(engine, {
      leaseMs: options.leaseMs,
      limit: stepsMax,
      keep: () => this.#keep(),
      onDue: (at) => this.lookAt(at),
    });
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  get free(): number {
    if (this.#state !== 'running') return 0;
    return Math.max(0, this.#options.maxConcurrentRuns - this.#sessions.size - this.#lent);
  }

  /** Runs driven here now. */
  get runs(): number {
    return this.#sessions.size;
  }

  /** Until a run is no longer driven here; undefined when it is not. */
  driving(runId: string): Promise<void> | undefined {
    const session = this.#sessions.get(runId);
    return session && this.#driving.get(session);
  }

  /** `on`: drives any run that is due; `registered`: runs of workflows that this process has loaded. */
  start(mode: 'on' | 'registered'): void {
    if (this.#state !== 'idle') return;
    this.#state = 'running';
    this.#mode = mode;
    this.#unwatch = this.#engine.world.runs.watch((hint) => this.#onHint(hint));
    this.#heartbeat = setInterval(() => void this.beat(), this.#options.leaseMs / 3);
    this.#heartbeat.unref();
    this.#poll();
  }

  /**
   * Asks the world for something that may come with a claim, and drives the run that does; nothing may where there is no
   * place for it. `of`: whether the run is of a workflow that this process has, or of any.
   */
  async lend<T extends { readonly claim?: Claim }>(
    of: 'own' | 'any',
    ask: (claimFor: { readonly claimFor?: ClaimRequest }) => Promise<T>,
  ): Promise<T> {
    if (this.free === 0 || (of === 'any' && this.#mode !== 'on')) return ask({});
    this.#lent += 1;
    try {
      const { worker } = this.#engine;
      const answer = await ask({ claimFor: { worker, leaseMs: this.#options.leaseMs } });
      if (answer.claim) this.adopt(answer.claim);
      return answer;
    } finally {
      this.#lent -= 1;
      // Others may have waited for this place.
      if (this.free === 1) this.#poll();
    }
  }

  /** Drives a run that was claimed elsewhere, as `start` does in one write. */
  adopt(claim: Claim): void {
    if (this.#state !== 'running') {
      // It was asked for before this worker stopped: whoever works now takes it.
      void this.#release([claim]);
      return;
    }
    const session = new RunSession(this.#engine, claim, this.#options.leaseMs);
    this.#sessions.set(claim.runId, session);
    const driving = session.drive().then((wakeAt) => {
      this.#driving.delete(session);
      if (this.#sessions.get(claim.runId) === session) this.#sessions.delete(claim.runId);
      if (wakeAt !== undefined) this.lookAt(wakeAt);
      // Others may have waited for this place.
      if (this.free === 1) this.#poll();
    });
    this.#driving.set(session, driving);
  }

  /** Resolves when it drives nothing, and its last look found nothing that is due. */
  async idle(): Promise<void> {
    for (;;) {
      if (this.#polling !== 'no') await this.#looking;
      else if (this.#driving.size > 0) await Promise.race(this.#driving.values());
      else if (this.steps.busy) {
        await this.steps.settled();
        // What ended made its run due: the hint of it may be lost.
        this.#poll();
      } else return;
    }
  }

  /** Takes no new runs, waits up to `graceMs` for steps in flight, then gives every claim back. */
  async stop(graceMs: number): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    this.#unwatch?.();
    clearTimeout(this.#timer);
    for (const session of this.#sessions.values()) session.drain();
    this.steps.drain();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([
      Promise.all([this.#looking, ...this.#driving.values(), this.steps.settled()]),
      grace,
    ]);
    clearTimeout(timer);
    const left = [...this.#sessions.values()];
    const reason = new DOMException('The worker stopped.', 'AbortError');
    for (const session of left) session.lose(reason);
    await Promise.all(this.#driving.values());
    clearInterval(this.#heartbeat);
    await this.steps.giveBack(reason);
    await this.#release(left.map(({ claim }) => claim));
    this.#state = 'idle';
  }

  /** Claims that cannot be given back run out by themselves: no reason for a shutdown to fail. */
  async #release(claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return;
    try {
      await this.#engine.world.runs.release(claims);
    } catch (error) {
      if (!(WorldError.is(error) && error.code === 'WORLD_CLOSED'))
        this.#engine.report('giving claims back failed', error);
    }
  }

  #scope(): { readonly workflowNames?: readonly string[] } {
    return this.#mode === 'registered' ? { workflowNames: [...registry().workflows.keys()] } : {};
  }

  #onHint(hint: Hint): void {
    const { runId, kind } = hint;
    this.steps.hear(hint);
    if (kind === 'offered') return;
    // Others may have written to anything: the renewal tells what has moved.
    if (kind === 'missed') void this.beat();
    if (kind === 'due' || kind === 'missed') this.#poll();
    else this.#sessions.get(runId)?.notify();
    if (kind === 'ended') void tellWaiting(this.#engine, runId);
  }

  #poll(): void {
    if (this.#state !== 'running') return;
    if (this.#polling !== 'no') {
      this.#polling = 'again';
      return;
    }
    this.#polling = 'yes';
    this.#looking = this.#claimDue().finally(() => {
      const again = this.#polling === 'again';
      this.#polling = 'no';
      if (again) this.#poll();
    });
  }

  async #claimDue(): Promise<void> {
    const { world, worker, report } = this.#engine;
    const { leaseMs, pollMs } = this.#options;
    clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
    let next = Date.now() + Math.min(pollMs, afterTroubleMs);
    try {
      for (let more = true; more; ) {
        await this.#keep();
        // None is asked for by who has no room for runs, but may have slots for steps.
        const limit = Math.min(this.free, claimBatch);
        const answer = await world.runs.claim({ worker, leaseMs, limit, ...this.#scope() });
        const { claimed, nextWakeAt, offered, lookAgainMs } = answer;
        for (const { claim } of claimed) this.adopt(claim);
        if (offered) this.steps.look();
        more = limit > 0 && claimed.length === limit;
        next = Date.now() + Math.min(pollMs, lookAgainMs);
        if (nextWakeAt !== null && this.free > 0)
          next = Math.min(next, Date.now() + (nextWakeAt - this.#engine.clock()));
      }
    } catch (error) {
      if (this.#state === 'running') report('looking for due runs failed', error);
    }
    this.#setTimer(next);
  }

  /** After a pause of the process what it holds looks abandoned: claiming that again would start live steps twice. */
  async #keep(): Promise<void> {
    if (this.#engine.clock() - this.#renewedAt > this.#options.leaseMs / 2) await this.#renew();
  }

  /** Something becomes due then, in the engine's time. */
  lookAt(at: number): void {
    this.#setTimer(Date.now() + (at - this.#engine.clock()));
  }

  #setTimer(at: number): void {
    if (this.#state !== 'running' || at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => this.#poll(),
      Math.min(this.#options.pollMs, timerMaxMs, Math.max(1, at - Date.now())),
    );
    this.#timer.unref();
  }

  /** Renews what is held here, so that nobody in this process takes it for abandoned. */
  async beat(): Promise<void> {
    try {
      await this.#renew();
    } catch (error) {
      this.#engine.report('renewing claims failed', error);
    }
  }

  async #renew(): Promise<void> {
    const { world, worker, clock } = this.#engine;
    const { leaseMs } = this.#options;
    const now = clock();
    const asked = new Map(this.#sessions);
    const claims = Array.from(asked.values(), ({ claim, version }) => ({ claim, version }));
    if (claims.length > 0) {
      const { lost, moved } = await world.runs.renew({ worker, leaseMs, claims });
      for (const runId of lost) {
        // The one that was asked for: given back and taken again meanwhile, the run is another session's.
        asked.get(runId)?.lose(new DOMException('The claim on the run was lost.', 'AbortError'));
      }
      for (const runId of moved) this.#sessions.get(runId)?.notify();
    }
    await this.steps.renew();
    this.#renewedAt = now;
  }
}
