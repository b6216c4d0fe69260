/**
 * A run that waits for a repair: it is never marked failed for the engine's or a deploy's fault.
 *
 * Outcomes of steps in flight are still recorded, without the program. The run is due again after a while, longer
 * each time, so that it goes on by itself when the cause is gone.
 */
import { type Claim, type Event, eventIdOf, isTerminal, type PauseReason, WorldError } from '@perdure/world';
import { outcomeEvent } from './attempt-outcome.ts';
import type { Engine } from './engine.ts';
import {
  DivergenceError,
  PayloadError,
  StepNotRegisteredError,
  WorkflowNotRegisteredError,
} from './errors.ts';
import type { Arrival } from './stage.ts';

const recheckMs = { min: 1_000, max: 60_000 } as const;
const repairableCodes = new Set(['PROGRAM_MISSING', 'PROGRAM_BROKEN', 'HISTORY_TOO_LONG', 'STEP_RETURNED']);

/** Whether an error is the fault of code or keys that a later process may bring right. */
export function isRepairable(error: unknown): boolean {
  if (WorldError.is(error)) return error.code === 'HISTORY_INVALID';
  return (
    DivergenceError.is(error) ||
    PayloadError.is(error) ||
    StepNotRegisteredError.is(error) ||
    WorkflowNotRegisteredError.is(error) ||
    repairableCodes.has(String((error as { code?: unknown } | null | undefined)?.code))
  );
}

export function reasonOf(error: unknown): PauseReason {
  const { code, message, hint } = error as { code?: unknown; message?: unknown; hint?: unknown };
  return {
    code: String(code ?? 'UNKNOWN'),
    message: String(message),
    ...(typeof hint === 'string' && hint !== '' ? { hint } : {}),
  };
}

export class PausedRun {
  readonly #engine: Engine;
  readonly #claim: Claim;
  readonly #reason: PauseReason;
  #kept: Arrival[] = [];
  #done = false;

  constructor(engine: Engine, claim: Claim, cause: unknown) {
    this.#engine = engine;
    this.#claim = claim;
    this.#reason = reasonOf(cause);
  }

  /** Records the pause, if it is new, and what attempts brought. */
  async record(arrivals: readonly Arrival[]): Promise<void> {
    this.#kept.push(...arrivals);
    await this.#write('keep');
  }

  /** Gives the run back, due again after a while: the time returned. */
  leave(): Promise<number | undefined> {
    return this.#write('release');
  }

  async #write(then: 'keep' | 'release'): Promise<number | undefined> {
    const { world, clock } = this.#engine;
    while (!this.#done) {
      const history = await world.runs.history(this.#claim.runId);
      const last = history.at(-1)!;
      if (isTerminal(last.eventType)) this.#done = true;
      if (this.#done) break;
      const pausedSince = pauseTime(history);
      const now = Math.max(clock(), last.createdAt);
      const events = this.#events(last.version, now, pausedSince);
      const waited = now - (pausedSince ?? now);
      const wakeAt = now + Math.min(recheckMs.max, Math.max(recheckMs.min, waited / 2));
      const options = { after: last.version, wakeAt, release: then === 'release' };
      const result = await world.runs.append(this.#claim, events, options);
      if (result.kind === 'claim-lost') this.#done = true;
      if (result.kind !== 'appended') continue;
      this.#kept = [];
      return wakeAt;
    }
    return undefined;
  }

  #events(tail: number, createdAt: number, pausedSince: number | undefined): Event[] {
    const { runId } = this.#claim;
    const events: Event[] = [];
    const head = () => {
      const version = tail + events.length + 1;
      return { runId, eventId: eventIdOf(version), version, createdAt };
    };
    if (pausedSince === undefined) {
      events.push({ ...head(), eventType: 'run_paused', eventData: { reason: this.#reason } });
    }
    for (const { attempt, outcome } of this.#kept) {
      // Arguments that could not be opened leave their attempt cut off; it is started again after the repair.
      if (outcome.kind === 'unreadable') continue;
      events.push(outcomeEvent(attempt, outcome, head(), this.#engine.envelope));
    }
    return events;
  }
}

/** When the pause began that a history ends in; undefined when it does not end in one. */
function pauseTime(history: readonly Event[]): number | undefined {
  for (let i = history.length - 1; i >= 0; i -= 1) {
    const event = history[i]!;
    if (event.eventType === 'run_paused') return event.createdAt;
    if (event.eventType === 'run_resumed') return undefined;
  }
  return undefined;
}

/** Trouble that trying again cannot mend. */
export function isFinal(error: unknown): boolean {
  return isClosed(error) || (WorldError.is(error) && error.code === 'DATA_DAMAGED');
}

export function isClosed(error: unknown): boolean {
  return WorldError.is(error) && error.code === 'WORLD_CLOSED';
}
