/** What a run waits for and holds: steps without an outcome, waits, children, tokens. Read off its events alone. */
import type { Event, EventOf, Payload, StepOptions } from '@perdure/world';
import { describeEvent } from './command.ts';
import { DivergenceError } from './errors.ts';
import { Timeline } from './timeline.ts';

/** A step without an outcome. */
export interface OpenStep {
  readonly id: string;
  readonly name: string;
  readonly input: Payload;
  readonly options: StepOptions;
  status: 'pending' | 'running' | 'retrying';
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
  #ready: OpenStep[] = [];

  /** Steps that were created and not started, each handed out once. */
  takeReady(limit: number): OpenStep[] {
    const taken = this.#ready.filter((step) => step.status === 'pending' && this.steps.has(step.id));
    this.#ready = taken.splice(limit);
    return taken;
  }

  get hasReady(): boolean {
    return this.#ready.some((step) => step.status === 'pending');
  }

  /** Whether anything can still come to the run, but by a caller who knows it. */
  get isEmpty(): boolean {
    return [this.steps, this.#waits, this.#hooks, this.children].every(({ size }) => size === 0);
  }

  /** Whether a live hook of this run has a token. */
  hasToken(token: string): boolean {
    return this.#tokens.has(token);
  }

  /** Whether attempts have started that have no end, here or elsewhere. */
  get hasRunning(): boolean {
    return [...this.steps.values()].some((step) => step.status === 'running');
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
      case 'step_started':
      case 'step_retrying':
      case 'step_completed':
      case 'step_failed':
        this.#noteStep(event);
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
      attempt: 0,
      failures: 0,
      retryAt: 0,
      startedAt: 0,
      createdAt,
    };
    this.steps.set(step.id, step);
    this.#ready.push(step);
  }

  #noteStep(event: Exclude<StepEvent, { eventType: 'step_created' }>): void {
    const step = this.steps.get(event.correlationId!);
    if (!step) {
      const { runId, version } = event;
      throw new DivergenceError({ runId, version, expected: describeEvent(event), actual: 'no such step' });
    }
    switch (event.eventType) {
      case 'step_started':
        step.status = 'running';
        step.attempt = event.eventData.attempt;
        step.startedAt = event.createdAt;
        return;
      case 'step_retrying':
        step.status = 'retrying';
        step.failures += 1;
        step.retryAt = event.eventData.retryAt;
        this.#timeline.add(step.retryAt, { kind: 'retry', id: step.id, at: step.retryAt });
        return;
      default:
        this.steps.delete(step.id);
    }
  }
}
