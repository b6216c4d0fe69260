/**
 * An Execution: a live program that has consumed a prefix of a history.
 *
 * - E1 A turn delivers exactly one event and is synchronous; every microtask has drained when `advance` returns.
 * - E2 Only strings, bytes and plain records cross the realm; no promise, function or host object does.
 * - E3 `version` is the number of events consumed. Commands carry a dense sequence number in emission order;
 *   correlation ids derive from it: `step_<base>_<n>`, where base is fixed at run creation, so ids are stable,
 *   globally unique and fit as idempotency keys.
 * - E4 Command events in the history match emitted commands in order (kind, correlation id, name). Anything
 *   else is a divergence.
 * - E5 Time and randomness are functions of the history only: `Date.now()` is the creation time of the last
 *   delivered event.
 * - E6 Dropping an Execution loses nothing: rebuilding it from the history gives the same state and the same
 *   pending commands.
 *
 * Owned by whoever holds the claim. An Execution that threw is spent: drop it.
 */
import type { Event, EventOf, PauseReason, Payload } from '@perdure/world';
import { type Command, describeCommand, describeEvent, isCommandEvent, matches } from './command.ts';
import { DivergenceError, WorkflowNotRegisteredError } from './errors.ts';
import type { Init } from './guest/state.ts';
import { payloadInvalid } from './messages.ts';
import type { Program } from './program.ts';
import { type LogLine, Sandbox } from './sandbox.ts';
import type { StepConsumer } from './step-consumer.ts';
import { Timeline } from './timeline.ts';

/** A step without an outcome. */
export interface OpenStep {
  readonly id: string;
  readonly name: string;
  readonly input: Payload;
  readonly maxRetries: number | undefined;
  status: 'pending' | 'running' | 'retrying';
  /** Number of the last attempt that was started; 0 before the first. */
  attempt: number;
  /** Attempts that ended in an error; attempts cut off by a crash do not count. */
  failures: number;
  retryAt: number;
}

export interface ExecutionOptions {
  readonly program: Program;
  readonly consumer: StepConsumer;
  /** Loop iterations and calls that one turn may spend. */
  readonly turnBudget: number;
  /** What `process.env` shows inside, as JSON text. */
  readonly env: string;
}

interface Timer {
  readonly kind: 'wait' | 'retry';
  readonly id: string;
  readonly at: number;
}

export type EndState = 'completed' | 'failed' | 'cancelled';

export class Execution {
  version = 0;
  /** Events that entered the guest. */
  turns = 0;
  /** Creation time of the last event consumed. */
  lastTime = 0;
  started = false;
  startedAt = 0;
  ended: EndState | undefined;
  paused: PauseReason | undefined;
  readonly steps: Map<string, OpenStep> = new Map();
  readonly #waits = new Map<string, number>();
  readonly #timeline = new Timeline<Timer>();
  readonly #options: ExecutionOptions;
  #pending: Command[] = [];
  /** How many of `#pending` have their event. */
  #confirmed = 0;
  #ready: OpenStep[] = [];
  #sandbox: Sandbox | undefined;
  #created: EventOf<'run_created'> | undefined;

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  get workflowName(): string {
    return this.#created?.eventData.workflowName ?? '';
  }

  /** The first command that was issued and has no event yet. */
  get nextPending(): Command | undefined {
    return this.#pending[this.#confirmed];
  }

  /**
   * Consumes the next event of the history; afterwards `nextPending` is the first thing the program asks for.
   *
   * Throws `DivergenceError`, `PayloadError`, `WorkflowNotRegisteredError` or PROGRAM_BROKEN.
   */
  advance(event: Event): void {
    if (event.version !== this.version + 1) {
      throw new RangeError(`Expected event ${this.version + 1} of run ${event.runId}, got ${event.version}`);
    }
    if (isCommandEvent(event.eventType)) this.#confirm(event);
    this.#consume(event);
    this.version = event.version;
    this.lastTime = event.createdAt;
  }

  /** Steps that were created and not started, each handed out once. */
  takeReady(limit: number): OpenStep[] {
    const taken = this.#ready.filter((step) => step.status === 'pending' && this.steps.has(step.id));
    this.#ready = taken.splice(limit);
    return taken;
  }

  get hasReady(): boolean {
    return this.#ready.some((step) => step.status === 'pending');
  }

  /** The earliest wait or retry that is not over; undefined when only the outside can move the run. */
  nextTimer(): Timer | undefined {
    return this.#timeline.next((timer) => {
      if (timer.kind === 'wait') return this.#waits.has(timer.id);
      const step = this.steps.get(timer.id);
      return step?.status === 'retrying' && step.retryAt === timer.at;
    })?.item;
  }

  takeLogs(): readonly LogLine[] {
    return this.#sandbox?.takeLogs() ?? [];
  }

  #confirm(event: Event): void {
    const command = this.nextPending;
    if (!command || !matches(command, event)) {
      throw new DivergenceError(event.runId, event.version, describeEvent(event), describeCommand(command));
    }
    this.#confirmed += 1;
    if (this.#confirmed === this.#pending.length) {
      this.#pending = [];
      this.#confirmed = 0;
    }
  }

  #consume(event: Event): void {
    switch (event.eventType) {
      case 'run_created':
        this.#create(event);
        return;
      case 'run_started':
        this.#start(event);
        return;
      case 'run_paused':
        this.paused = event.eventData.reason;
        return;
      case 'run_resumed':
        this.paused = undefined;
        return;
      case 'run_completed':
      case 'run_failed':
      case 'run_cancelled':
        this.ended = event.eventType.slice(4) as EndState;
        this.#pending = [];
        this.#confirmed = 0;
        return;
      case 'wait_created':
        this.#waits.set(event.correlationId!, event.eventData.resumeAt);
        this.#timeline.add(event.eventData.resumeAt, {
          kind: 'wait',
          id: event.correlationId!,
          at: event.eventData.resumeAt,
        });
        return;
      case 'wait_completed':
        this.#waits.delete(event.correlationId!);
        this.#deliver(event, { hasValue: true, value: undefined });
        return;
      case 'hook_disposed':
        return;
      case 'hook_created':
        this.#deliver(event, { hasValue: true, value: undefined });
        return;
      case 'hook_conflict':
        this.#deliver(event, { hasValue: true, value: event.eventData.ownerRunId });
        return;
      case 'hook_received':
        this.#deliver(event, {
          hasValue: false,
          text: this.#open(event, event.eventData.payload, event.key ?? ''),
        });
        return;
      default:
        this.#consumeStep(event);
    }
  }

  #consumeStep(event: Extract<Event, { eventType: `step_${string}` }>): void {
    const id = event.correlationId!;
    if (event.eventType === 'step_created') {
      this.#createStep(id, event.eventData);
      return;
    }
    const step = this.steps.get(id);
    if (!step)
      throw new DivergenceError(event.runId, event.version, describeEvent(event), 'no such open step');
    switch (event.eventType) {
      case 'step_started':
        step.status = 'running';
        step.attempt = event.eventData.attempt;
        return;
      case 'step_retrying':
        step.status = 'retrying';
        step.failures += 1;
        step.retryAt = event.eventData.retryAt;
        this.#timeline.add(step.retryAt, { kind: 'retry', id, at: step.retryAt });
        return;
      case 'step_completed':
        this.steps.delete(id);
        this.#settle(event, event.eventData.output, 'output');
        return;
      case 'step_failed':
        this.steps.delete(id);
        this.#settle(event, event.eventData.error, 'error');
    }
  }

  #createStep(id: string, data: EventOf<'step_created'>['eventData']): void {
    const step: OpenStep = {
      id,
      name: data.stepName,
      input: data.input,
      maxRetries: data.maxRetries,
      status: 'pending',
      attempt: 0,
      failures: 0,
      retryAt: 0,
    };
    this.steps.set(id, step);
    this.#ready.push(step);
  }

  #create(event: EventOf<'run_created'>): void {
    this.#created = event;
    const { runId, createdAt } = event;
    const { workflowName, seed } = event.eventData;
    const { program, turnBudget, env } = this.#options;
    const base = runId.slice(runId.lastIndexOf('_') + 1);
    const init: Init = { runId, workflowName, createdAt, base, seed, turnBudget };
    this.#sandbox = new Sandbox(program, init, env);
  }

  #start(event: EventOf<'run_started'>): void {
    this.started = true;
    this.startedAt = event.createdAt;
    const sandbox = this.#sandbox!;
    const { workflowName, input } = this.#created!.eventData;
    if (!sandbox.hasWorkflow(workflowName)) {
      throw new WorkflowNotRegisteredError(workflowName, sandbox.workflowNames());
    }
    this.#deliver(event, {
      hasValue: false,
      text: this.#options.consumer.open(input, event.runId, 'run/input'),
    });
  }

  #open(event: Event, payload: Payload, field: string): string {
    return this.#options.consumer.open(payload, event.runId, `${event.correlationId}/${field}`);
  }

  #settle(event: Event, payload: Payload, field: string): void {
    const sandbox = this.#sandbox!;
    this.#afterTurn(event, this.#options.consumer.consume(sandbox, event, payload, field));
  }

  #deliver(event: Event, content: { hasValue: boolean; value?: unknown; text?: string }): void {
    const sandbox = this.#sandbox!;
    this.#afterTurn(event, this.#options.consumer.deliver(sandbox, event, content));
  }

  #afterTurn(event: Event, failure: string | undefined): void {
    this.turns += 1;
    if (failure !== undefined) throw payloadInvalid(`${describeEvent(event)}: ${failure}`);
    for (const command of this.#sandbox!.takeCommands()) {
      const last = this.#pending.at(-1)?.kind;
      // What code does after the run's end, in the same turn, has nowhere to go.
      if (last === 'complete-run' || last === 'fail-run') return;
      this.#pending.push(this.#mapped(command));
    }
  }

  /** Errors leave with the places of the user's files, not of the program. */
  #mapped(command: Command): Command {
    if (command.text === undefined) return command;
    const text = this.#options.program.mapPlaces(command.text);
    return text === command.text ? command : { ...command, text };
  }
}
