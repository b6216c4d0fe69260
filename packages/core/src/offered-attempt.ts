/** An attempt of an offered step: made of what the World hands out, and ended by what the World takes. */
import type { OfferedStep, Payload, StepOutcome } from '@perdure/world';
import { outcomeEvent } from './attempt-outcome.ts';
import type { Engine } from './engine.ts';
import { StepNotRegisteredError } from './errors.ts';
import { passAborts } from './passed-aborts.ts';
import { reasonOf } from './paused-run.ts';
import { checkSealed, isSealed } from './payload/envelope.ts';
import type { Attempt, Outcome } from './step-runner.ts';

/** Throws `StepNotRegisteredError`, `PayloadError`. */
export function attemptOf({ steps, publicUrl }: Engine, offered: OfferedStep): Attempt {
  const { created, started, failures, run } = offered;
  const { stepName: name, input, options = {} } = created.eventData;
  const { runId, eventData } = run.created;
  const entry = steps.get(name);
  if (!entry) throw new StepNotRegisteredError(name, [...steps.keys()]);
  const id = created.correlationId!;
  checkSealed(input, eventData.input, `${id}/input`);
  return {
    step: { id, name, input, options, failures, createdAt: created.createdAt },
    entry,
    number: started.eventData.attempt,
    startedAt: started.createdAt,
    run: {
      runId,
      workflowName: eventData.workflowName,
      startedAt: run.started.createdAt,
      attributes: eventData.attributes ?? {},
      url: run.started.eventData.publicUrl ?? publicUrl,
      encryption: isSealed(eventData.input),
    },
    abort: new AbortController(),
    signals: new Map(),
    told: [],
  };
}

/** How an attempt ended, for the history. */
export function endOf(attempt: Attempt, outcome: Outcome, { clock, envelope }: Engine): StepOutcome {
  if (outcome.kind === 'unreadable') return returnOf(attempt.number, outcome.error);
  const createdAt = Math.max(clock(), attempt.startedAt);
  const place = { runId: attempt.run.runId, version: 1, createdAt };
  const { eventType, eventData } = outcomeEvent(attempt, outcome, place, envelope);
  return { eventType, eventData } as StepOutcome;
}

/** The engine could not begin it: back to who drives the run. */
export function returnOf(attempt: number, error: unknown): StepOutcome {
  return { eventType: 'step_returned', eventData: { attempt, reason: reasonOf(error) } };
}

/** Aborts of a run that an attempt elsewhere looks for by itself, from the creation of its step on. */
export class FollowedAborts {
  readonly #engine: Engine;
  readonly #attempt: Attempt;
  #seen: number;
  #looking: Promise<void> | undefined;

  constructor(engine: Engine, attempt: Attempt, { created }: OfferedStep) {
    this.#engine = engine;
    this.#attempt = attempt;
    this.#seen = created.version;
  }

  /** Reads what is new, for an attempt that was given signals. */
  async look(): Promise<void> {
    if (this.#attempt.signals.size === 0) return;
    await this.#looking;
    this.#looking = this.#look();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { world, envelope, report } = this.#engine;
    try {
      const { runId } = this.#attempt.run;
      const events = await world.runs.history(runId, { after: this.#seen });
      const aborts = new Map<string, Payload>();
      for (const event of events)
        if (event.eventType === 'abort_requested') aborts.set(event.correlationId!, event.eventData.reason);
      this.#seen = events.at(-1)?.version ?? this.#seen;
      passAborts(this.#attempt, aborts, envelope);
    } catch (error) {
      report(`aborts for step ${this.#attempt.step.id} could not be read`, error);
    }
  }
}
