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
import { type Command, describeEvent, isCommandEvent } from './command.ts';
import { CommandQueue } from './command-queue.ts';
import type { Engine } from './engine.ts';
import { WorkflowNotRegisteredError } from './errors.ts';
import type { Init } from './guest/state.ts';
import { defaultLimits } from './limits.ts';
import { OpenOperations } from './open-operations.ts';
import { isSealed } from './payload/envelope.ts';
import { payloadUnreadable } from './payload-messages.ts';
import type { Program } from './program.ts';
import { type LogLine, Sandbox } from './sandbox.ts';
import type { StepConsumer } from './step-consumer.ts';

export interface ExecutionOptions {
  readonly program: Program;
  readonly consumer: StepConsumer;
  /** Loop iterations and calls that one turn may spend. */
  readonly turnBudget: number;
  /** Where the app is reached: the beginning of webhook URLs. */
  readonly publicUrl: string;
  /** What `process.env` shows inside, as JSON text. */
  readonly env: string;
  /** Bytes of one payload. Default that of a runtime. */
  readonly payloadBytes?: number;
  /** Whether commands keep the stack of the code that issued them. Default `none`. */
  readonly stacks?: 'kept' | 'none';
}

/** What an engine tells every Execution. */
export function surroundings({
  turnBudget,
  publicUrl,
  env,
  limits,
}: Pick<Engine, 'turnBudget' | 'publicUrl' | 'env' | 'limits'>): Omit<
  ExecutionOptions,
  'program' | 'consumer'
> {
  return { turnBudget, publicUrl, env, payloadBytes: limits.payloadBytes };
}

export type EndState = 'completed' | 'failed' | 'cancelled';

/** What an event brings into the guest: a text to be parsed there, or a primitive. */
interface Content {
  readonly hasValue: boolean;
  readonly value?: unknown;
  readonly text?: string;
  readonly detail?: string;
}

const nothing: Content = { hasValue: true, value: undefined };

export class Execution {
  version = 0;
  /** Events that entered the guest. */
  turns = 0;
  /** Creation time of the last event consumed. */
  lastTime = 0;
  started = false;
  startedAt = 0;
  /** Where the app was reached that started to drive the run. */
  url = '';
  /** Whether the payloads of the run are sealed. */
  encryption = false;
  ended: EndState | undefined;
  paused: PauseReason | undefined;
  /** What the run waits for. */
  readonly open: OpenOperations = new OpenOperations();
  readonly #options: ExecutionOptions;
  readonly #commands = new CommandQueue();
  #sandbox: Sandbox | undefined;
  #created: EventOf<'run_created'> | undefined;

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  /** The run's first event. Throws when nothing was consumed. */
  get created(): EventOf<'run_created'> {
    if (!this.#created) throw new RangeError('Expected an Execution that has consumed run_created');
    return this.#created;
  }

  /** The first command that was issued and has no event yet. */
  get nextPending(): Command | undefined {
    return this.#commands.next;
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
    if (isCommandEvent(event)) this.#commands.confirm(event);
    this.open.note(event);
    this.#consume(event);
    this.version = event.version;
    this.lastTime = event.createdAt;
  }

  /** Whether nothing can move the run any more: no operation is open, and no signal that somebody else may abort. */
  get waitsForNothing(): boolean {
    return this.open.isEmpty && !this.#sandbox?.hasSignals();
  }

  takeLogs(): readonly LogLine[] {
    return this.#sandbox?.takeLogs() ?? [];
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
        this.#commands.clear();
        return;
      case 'step_created':
        this.#options.consumer.check(event.eventData.input, `${event.correlationId}/input`);
        return;
      case 'step_completed':
        this.#settle(event, event.eventData.output, 'output');
        return;
      case 'step_failed':
        this.#settle(event, event.eventData.error, 'error');
        return;
      case 'wait_completed':
      case 'hook_created':
        this.#deliver(event, nothing);
        return;
      case 'hook_conflict':
        this.#commands.dropDisposal(event.correlationId!);
        this.#deliver(event, { hasValue: true, value: event.eventData.ownerRunId });
        return;
      case 'hook_received':
        this.#deliver(event, this.#parsed(event, event.eventData.payload, event.key ?? ''));
        return;
      case 'child_completed':
        this.#deliver(event, this.#outcomeOf(event));
        return;
      case 'attr_set':
      case 'abort_requested':
        // What the program did itself, it knows.
        if (!isCommandEvent(event)) this.#deliver(event, this.#factOf(event));
        return;
    }
  }

  #create(event: EventOf<'run_created'>): void {
    this.#created = event;
    const { runId, createdAt } = event;
    const { workflowName, seed, input, attributes = {} } = event.eventData;
    this.#options.consumer.expect(input);
    const { program, turnBudget, publicUrl, env, stacks = 'none' } = this.#options;
    const { payloadBytes = defaultLimits.payloadBytes } = this.#options;
    const base = runId.slice(runId.lastIndexOf('_') + 1);
    this.url = publicUrl;
    this.encryption = isSealed(input);
    const { encryption } = this;
    const facts = { runId, workflowName, createdAt, base, seed, attributes, encryption };
    const init: Init = { ...facts, turnBudget, publicUrl, payloadBytes, stacks };
    this.#sandbox = new Sandbox(program, init, env);
  }

  #start(event: EventOf<'run_started'>): void {
    this.started = true;
    this.startedAt = event.createdAt;
    const sandbox = this.#sandbox!;
    const { workflowName, input } = this.created.eventData;
    if (!sandbox.hasWorkflow(workflowName)) {
      throw new WorkflowNotRegisteredError(workflowName, sandbox.workflowNames());
    }
    const text = this.#options.consumer.open(input, event.runId, 'run/input');
    this.url = event.eventData.publicUrl ?? this.url;
    this.#deliver(event, { hasValue: false, text, detail: this.url });
  }

  #parsed(event: Event, payload: Payload, field: string): Content {
    const text = this.#options.consumer.open(payload, event.runId, `${event.correlationId}/${field}`);
    return { hasValue: false, text };
  }

  #outcomeOf(event: EventOf<'child_completed'>): Content {
    const { output, error, ...facts } = event.eventData;
    const payload = output ?? error;
    const detail = JSON.stringify(facts);
    if (payload === undefined) return { ...nothing, detail };
    const place = `child_${facts.childRunId}/result`;
    return { hasValue: false, text: this.#options.consumer.open(payload, event.runId, place), detail };
  }

  #factOf(event: EventOf<'attr_set'> | EventOf<'abort_requested'>): Content {
    if (event.eventType === 'attr_set')
      return { ...nothing, detail: JSON.stringify(event.eventData.attributes) };
    return this.#parsed(event, event.eventData.reason, 'reason');
  }

  #settle(event: Event, payload: Payload, field: string): void {
    this.#afterTurn(event, this.#options.consumer.consume(this.#sandbox!, event, payload, field));
  }

  #deliver(event: Event, content: Content): void {
    this.#afterTurn(event, this.#options.consumer.deliver(this.#sandbox!, event, content));
  }

  #afterTurn(event: Event, failure: string | undefined): void {
    this.turns += 1;
    if (failure !== undefined) throw payloadUnreadable(describeEvent(event), failure);
    for (const command of this.#sandbox!.takeCommands()) this.#commands.push(this.#mapped(command));
  }

  /** Errors leave with the places of the user's files, not of the program. */
  #mapped(command: Command): Command {
    if (command.text === undefined) return command;
    const text = this.#options.program.mapPlaces(command.text);
    return text === command.text ? command : { ...command, text };
  }
}
