/**
 * Which steps get their next attempt, and where: here, or at whatever worker claims it.
 *
 * A step that asks for it is offered, and so is what finds no slot where other processes drive runs too. What came back from
 * a worker that could not begin it starts here, to find out what is wrong; where its code is not, the run waits for a repair.
 */
import { type Event, restartTime } from '@perdure/world';
import type { Engine } from './engine.ts';
import { StepNotRegisteredError } from './errors.ts';
import type { Execution } from './execution.ts';
import { stepReturned } from './messages.ts';
import type { OpenStep } from './open-operations.ts';
import { type Head, runFacts, type Stage } from './stage.ts';

export interface StageAccess {
  record(make: (head: Head) => Event): Promise<void>;
  stage(): Stage;
}

type Way = 'start' | 'offer' | 'wait';

export class StepStarts {
  readonly #engine: Engine;
  readonly #access: StageAccess;
  #seeks = true;
  #restartAt = Number.POSITIVE_INFINITY;

  constructor(engine: Engine, access: StageAccess) {
    this.#engine = engine;
    this.#access = access;
  }

  /** When the next step is due whose attempts were cut off too often to be started again at once. */
  get restartAt(): number {
    return this.#restartAt;
  }

  /** A stage did not become durable: what it started is looked at again. */
  seekInterrupted(): void {
    this.#seeks = true;
  }

  /** Steps whose last attempt belongs to an owner that is gone get their next one. */
  async interrupted(execution: Execution, inFlight: { has(stepId: string): boolean }): Promise<void> {
    if (!this.#seeks) return;
    this.#seeks = false;
    this.#restartAt = Number.POSITIVE_INFINITY;
    const starting = new Set(this.#access.stage().starts.map(({ step }) => step.id));
    for (const step of [...execution.open.steps.values()]) {
      if (step.status !== 'running' || step.offered) continue;
      if (inFlight.has(step.id) || starting.has(step.id)) continue;
      const at = restartTime(step);
      if (at <= this.#now(execution)) await this.#start(step, execution);
      else this.#restartAt = Math.min(this.#restartAt, at);
    }
    this.#seeks = this.#restartAt !== Number.POSITIVE_INFINITY;
  }

  /** Steps that wait; `ending`: every one of them still gets its attempt, and no event may follow the end. */
  async ready(execution: Execution, run: 'running' | 'ending'): Promise<void> {
    let slots = run === 'ending' ? Number.POSITIVE_INFINITY : this.#engine.slots.free;
    const ways = new Map<OpenStep, Way>();
    const steps = execution.open.takeReady((step) => {
      const way = run === 'ending' ? this.#lastWayOf(step) : this.#wayOf(step, slots);
      ways.set(step, way);
      if (way === 'start') slots -= 1;
      return way !== 'wait';
    });
    for (const step of steps) {
      if (ways.get(step) === 'offer') await this.#offer(step);
      else await this.#start(step, execution);
    }
  }

  /** The time of a step has come that is tried again. */
  async again(step: OpenStep, execution: Execution): Promise<void> {
    // One that does not wait for others here finds a slot, as steps of a run that ends do.
    if (this.#wayOf(step, this.#engine.slots.free) === 'offer') await this.#offer(step);
    else await this.#start(step, execution);
  }

  #wayOf(step: OpenStep, slots: number): Way {
    const { world, steps } = this.#engine;
    const entry = steps.get(step.name);
    if (step.returned) {
      if (!entry) throw stepReturned(step.name, step.returned);
      return slots > 0 ? 'start' : 'wait';
    }
    if (this.#asks(step)) {
      // Where one process drives all runs, nobody else has the code.
      if (!entry && world.drivers === 'one') throw this.#unregistered(step);
      return 'offer';
    }
    // One that is not registered says so when it is started.
    if (slots > 0 || !entry) return 'start';
    return world.drivers === 'many' ? 'offer' : 'wait';
  }

  #lastWayOf(step: OpenStep): Way {
    return this.#asks(step) && !this.#engine.steps.get(step.name) ? 'offer' : 'start';
  }

  #asks({ name, options }: OpenStep): boolean {
    const entry = this.#engine.steps.get(name);
    return options.offer ?? (entry !== undefined && 'fn' in entry && entry.fn.offer === true);
  }

  async #offer({ id, failures }: OpenStep): Promise<void> {
    await this.#access.record((head) => {
      // Who ends the run closes what other processes write.
      this.#engine.streaming.add(head.runId);
      return { ...head, eventType: 'step_offered', correlationId: id, eventData: { failures } };
    });
  }

  async #start(step: OpenStep, execution: Execution): Promise<void> {
    const { steps, worker, slots } = this.#engine;
    const entry = steps.get(step.name);
    if (!entry) throw this.#unregistered(step);
    const number = step.attempt + 1;
    const { id, name, input, options, failures, createdAt } = step;
    await this.#access.record((head) => ({
      ...head,
      eventType: 'step_started',
      correlationId: id,
      eventData: { attempt: number, worker },
    }));
    slots.take(1);
    this.#access.stage().starts.push({
      step: { id, name, input, options, failures, createdAt },
      entry,
      number,
      startedAt: this.#now(execution),
      run: runFacts(execution),
      abort: new AbortController(),
      signals: new Map(),
      told: [],
    });
  }

  #unregistered({ name }: OpenStep): StepNotRegisteredError {
    return new StepNotRegisteredError(name, [...this.#engine.steps.keys()]);
  }

  /** Never before the last event's time. */
  #now(execution: Execution): number {
    return Math.max(this.#engine.clock(), execution.lastTime);
  }
}
