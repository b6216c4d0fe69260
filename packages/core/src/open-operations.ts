/** What a run waits for and holds: steps without an outcome, waits, children, tokens. Read off its events alone. */
import type { Event, EventOf, PauseReason, Payload, StepOptions } from '@perdure/world';
import { describeEvent } from './command.ts';
import { DivergenceError } from './errors.ts';
import { Timeline } from './timeline.ts';

/** A step without an outcome. */
export interface OpenStep {
  readonly id: string;
  readonly name: string;
  readonly input: Payload;
  readonly options: StepOptions;
  status: 'pending' | 'offered' | 'running' | 'retrying';
  /** Whether any worker may run it: then its attempts are not this owner's to start or to miss. */
  offered: boolean;
  /** Why a worker that claimed it could not begin it; until the run was paused for it. */
  returned: PauseReason | undefined;
  /** Number of the last attempt that was started; 0 before the first. */
  attempt: number;
  /** Attempts that ended in an error; attempts cut off by a crash do not count. */
  failures: number;
  retryAt: number;
  /** When the last attempt was started. */
  startedAt: number;
  readonly createdAt: number;
}

export interface Timer {
  readonly kind: 'wait' | 'retry';
  readonly id: string;
  readonly at: number;
}

type StepEvent = Extract<Event, { eventType: `step_${string}` }>;

export class OpenOperations {
  readonly steps: Map<string, OpenStep> = new Map();
  /** Runs whose end is waited for, with the time since when. */
  readonly children: Map<string, number> = new Map();
  /** Reasons of the aborts requested so far, by the id of their controller. */
  readonly aborts: Map<string, Payload> = new Map();
  /** Tokens of live hooks, by correlation id, and by themselves. */
  readonly #hooks = new Map<string, string>();
  readonly #tokens = new Set<string>();
  readonly #endedChildren = new Set<string>();
  readonly #waits = new Map<string, number>();
  readonly #timeline = new Timeline<Timer>();
  readonly #ready = new Set<OpenStep>();

  /** Steps that wait to be started or offered, of those that are accepted, each handed out once. */
  takeReady(accept: (step: OpenStep) => boolean): OpenStep[] {
    const taken: OpenStep[] = [];
    for (const step of this.#ready) {
      const waits = step.status === 'pending' && this.steps.has(step.id);
      if (waits && !accept(step)) continue;
      this.#ready.delete(step);
      if (waits) taken.push(step);
    }
    return taken;
  }

  get hasReady(): boolean {
    for (const { status } of this.#ready) if (status === 'pending') return true;
    return false;
  }

  /** Whether anything can still come to the run, but by a caller who knows it. */
  get isEmpty(): boolean {
    return [this.steps, this.#waits, this.#hooks, this.children].every(({ size }) => size === 0);
  }

  /** Whether a live hook of this run has a token. */
  hasToken(token: string): boolean {
    return this.#tokens.has(token);
  }

  /** Whether attempts of this owner or one before it have started that have no end. */
  get hasRunning(): boolean {
    return [...this.steps.values()].some((step) => step.status === 'running' && !step.offered);
  }

  /** The earliest wait or retry that is not over; undefined when only the outside can move the run. */
  nextTimer(): Timer | undefined {
    return this.#timeline.next((timer) => {
      if (timer.kind === 'wait') return this.#waits.has(timer.id);
      const step = this.steps.get(timer.id);
      return step?.status === 'retrying' && step.retryAt === timer.at;
    })?.item;
  }

  note(event: Event): void {
    switch (event.eventType) {
      case 'step_created':
        this.#createStep(event);
        return;
      case 'step_offered':
      case 'step_started':
      case 'step_retrying':
      case 'step_returned':
      case 'step_completed':
      case 'step_failed':
        this.#noteStep(event);
        return;
      case 'run_resumed':
        for (const step of this.steps.values()) step.returned = undefined;
        return;
      case 'wait_created': {
        const at = event.eventData.resumeAt;
        this.#waits.set(event.correlationId!, at);
        this.#timeline.add(at, { kind: 'wait', id: event.correlationId!, at });
        return;
      }
      case 'wait_completed':
        this.#waits.delete(event.correlationId!);
        return;
      case 'hook_created':
        this.#hooks.set(event.correlationId!, event.eventData.token);
        this.#tokens.add(event.eventData.token);
        return;
      case 'hook_disposed':
        this.#tokens.delete(this.#hooks.get(event.correlationId!) ?? '');
        this.#hooks.delete(event.correlationId!);
        return;
      case 'child_started': {
        const { childRunId } = event.eventData;
        if (!this.#endedChildren.has(childRunId)) this.children.set(childRunId, event.createdAt);
        return;
      }
      case 'child_completed':
        this.children.delete(event.eventData.childRunId);
        this.#endedChildren.add(event.eventData.childRunId);
        return;
      case 'abort_requested':
        this.aborts.set(event.correlationId!, event.eventData.reason);
        return;
    }
  }

  #createStep({ correlationId, createdAt, eventData }: EventOf<'step_created'>): void {
    const step: OpenStep = {
      id: correlationId!,
      name: eventData.stepName,
      input: eventData.input,
      options: eventData.options ?? {},
      status: 'pending',
      offered: false,
      returned: undefined,
      attempt: 0,
      failures: 0,
      retryAt: 0,
      startedAt: 0,
      createdAt,
    };
    this.steps.set(step.id, step);
    this.#ready.add(step);
  }

  #noteStep(event: Exclude<StepEvent, { eventType: 'step_created' }>): void {
    const step = this.steps.get(event.correlationId!);
    if (!step) {
      const { runId, version } = event;
      throw new DivergenceError({ runId, version, expected: describeEvent(event), actual: 'no such step' });
    }
    switch (event.eventType) {
      case 'step_offered':
        step.status = 'offered';
        step.offered = true;
        return;
      case 'step_returned':
        step.status = 'pending';
        step.offered = false;
        step.returned = event.eventData.reason;
        this.#ready.add(step);
        return;
      case 'step_started':
        step.status = 'running';
        step.attempt = event.eventData.attempt;
        step.startedAt = event.createdAt;
        return;
      case 'step_retrying':
        step.status = 'retrying';
        step.offered = false;
        step.failures += 1;
        step.retryAt = event.eventData.retryAt;
        this.#timeline.add(step.retryAt, { kind: 'retry', id: step.id, at: step.retryAt });
        return;
      default:
        this.steps.delete(step.id);
    }
  }
}
