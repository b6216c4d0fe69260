/** One engine in one process: a worker, a client, and what they share. */
import { randomBytes } from 'node:crypto';
import type { World } from '@perdure/world';
import { Admission } from './admission.ts';
import { AwaitedRuns } from './awaited-runs.ts';
import { builtinSteps } from './builtin-steps.ts';
import { signingKeysMissing } from './channel-messages.ts';
import { Client, type HookInfo, type Workflow, type WorkflowReference } from './client.ts';
import {
  cipherFrom,
  guestEnvironment,
  processKind,
  publicUrl,
  signingKeys,
  type WorkerMode,
  workerMode,
} from './config.ts';
import { DueDriver } from './drive-due.ts';
import type { Engine } from './engine.ts';
import { FlowServer } from './flow-server.ts';
import { type Health, healthOf } from './health.ts';
import { handleRequest, type RequestDetails } from './http-routes.ts';
import { limitsFrom } from './limits.ts';
import { optionInvalid, programUnknown, runtimeClosed } from './messages.ts';
import type { Key } from './payload/cipher.ts';
import { createEnvelope } from './payload/envelope.ts';
import { allowPayloadBytes, payloadBytesMax } from './payload/limits.ts';
import { Program, type ProgramSource } from './program.ts';
import { moveToProgram, type ProgramMove } from './program-move.ts';
import { ProgramShelf } from './programs.ts';
import { registry } from './registry.ts';
import { guardRejections } from './rejection-guard.ts';
import { ResidentExecutions } from './resident.ts';
import type { Run, RunAccess } from './run.ts';
import type { RuntimeOptions } from './runtime-options.ts';
import type { LogLine } from './sandbox.ts';
import type { StartOptions } from './start-options.ts';
import { type Counters, createCounters } from './step-consumer.ts';
import { StepSlots } from './step-slots.ts';
import { resumeWebhook, type WebhookTimes, webhookDefaults } from './webhook-server.ts';
import { Worker, workerDefaults } from './worker.ts';

const defaults = {
  maxResidentExecutions: 256,
  maxConcurrentSteps: 256,
  turnBudget: 20_000_000,
  graceMs: 5_000,
} as const;

export interface UpgradeOptions {
  readonly program?: ProgramSource | string;
  /** Default `move`. */
  readonly mode?: 'check' | 'move';
}

export class Runtime {
  readonly world: World;
  /** What the engine did so far. */
  readonly counters: Counters = createCounters();
  readonly #client: Client;
  readonly #engine: Engine;
  readonly #program: RuntimeOptions['program'];
  readonly #worker: Worker;
  readonly #resident: ResidentExecutions;
  readonly #mode: WorkerMode;
  readonly #due: DueDriver;
  readonly #keys: readonly Key[];
  readonly #flow: FlowServer;
  readonly #webhooks: WebhookTimes;
  readonly #unguard: () => void;
  #closed: Promise<void> | undefined;

  constructor(options: RuntimeOptions) {
    const number = (
      name: 'maxResidentExecutions' | 'maxConcurrentSteps' | 'turnBudget',
      least: number,
    ): number => {
      const value = options[name] ?? defaults[name];
      if (!Number.isSafeInteger(value) || value < least)
        throw optionInvalid(name, `a whole number >= ${least}`, value);
      return value;
    };
    this.world = options.world;
    this.#resident = new ResidentExecutions(number('maxResidentExecutions', 0));
    const limits = limitsFrom(options.limits);
    allowPayloadBytes(Math.max(payloadBytesMax(), limits.payloadBytes));
    const engine: Engine = {
      limits,
      world: options.world,
      programs: new ProgramShelf(options.world),
      resident: this.#resident,
      envelope: createEnvelope(cipherFrom(options.encryption), { ...options, ...limits }),
      counters: this.counters,
      streaming: new Set(),
      awaited: new AwaitedRuns(),
      admission: new Admission({ limit: 16, patienceMs: 4, waitMsMax: 250 }),
      slots: new StepSlots(number('maxConcurrentSteps', 1)),
      steps: knownSteps(),
      get client() {
        return client;
      },
      clock: options.clock ?? (() => options.world.now()),
      worker: `worker_${process.pid}_${randomBytes(6).toString('hex')}`,
      turnBudget: number('turnBudget', 1_000),
      publicUrl: publicUrl(options.publicUrl),
      env: JSON.stringify(options.env ?? guestEnvironment()),
      hydrationCache: options.hydrationCache ?? 'on',
      log: options.log ?? printLine,
      report: options.report ?? printProblem,
    };
    const { maxConcurrentRuns, leaseMs, pollMs } = { ...workerDefaults, ...definedOf(options) };
    const pace = { maxConcurrentRuns, leaseMs, pollMs };
    this.#worker = new Worker(engine, pace);
    const client = new Client(engine, this.#worker, () => this.#current());
    this.#client = client;
    this.#engine = engine;
    this.#program = options.program;
    this.#webhooks = { ...webhookDefaults, ...definedOf(options.webhooks ?? {}) };
    this.#mode = workerMode(options.worker);
    this.#due = new DueDriver(engine, pace, this.#mode);
    this.#keys = signingKeys(options.signing);
    this.#flow = this.#flowServer();
    this.#unguard = guardRejections();
    if (this.#mode !== 'off') this.#worker.start(this.#mode);
  }

  /** Starts a run; it is durable when this resolves. Throws `SerializationError`, NOT_A_WORKFLOW. */
  start<Args extends unknown[], R>(
    workflow: Workflow<Args, R> | WorkflowReference,
    args?: Args,
    options: Omit<StartOptions, 'world'> = {},
  ): Promise<Run<R>> {
    this.#checkOpen();
    return this.#client.start<R>(workflow as WorkflowReference, args ?? [], options);
  }

  getRun<R = unknown>(runId: string): Run<R> {
    return this.#client.getRun<R>(runId);
  }

  getHookByToken(token: string): Promise<HookInfo> {
    this.#checkOpen();
    return this.#client.hookByToken(token);
  }

  resumeHook(token: string, payload: unknown, options?: { readonly id?: string }): Promise<HookInfo> {
    this.#checkOpen();
    return this.#client.resumeHook(token, payload, options);
  }

  /** What handles of runs in this world look through. */
  get access(): RunAccess {
    return this.#client;
  }

  /** Answers requests to this package's routes, of webhooks and the flow; undefined for any other path. */
  handle(request: Request, details: RequestDetails = {}): Promise<Response | undefined> {
    this.#checkOpen();
    const webhook = (token: string, given: Request) => this.resumeWebhook(token, given);
    const { report } = this.#engine;
    return handleRequest({ flow: this.#flow, webhook, report }, request, details);
  }

  /** Gives a request to the webhook with a token, and its answer. Throws `HookNotFoundError`, WEBHOOK_UNANSWERED. */
  resumeWebhook(token: string, request: Request): Promise<Response> {
    this.#checkOpen();
    const bytesMax = this.#engine.limits.webhookBodyBytes;
    return resumeWebhook(this.#client, { token, request }, { ...this.#webhooks, bytesMax });
  }

  /** The program that new runs start on. Throws PROGRAM_UNKNOWN. */
  async #current(): Promise<Program> {
    return this.#engine.programs.add(await sourceOf(this.#program));
  }

  #flowServer(): FlowServer {
    return new FlowServer({
      keys: this.#keys,
      process: processKind(),
      clock: this.#engine.clock,
      health: () => this.health(),
      drive: async (request) => {
        await this.#worker.beat();
        return this.#due.drive(request);
      },
    });
  }

  /** How this process stands; never throws. */
  health(): Promise<Health> {
    const state = this.closed ? 'closed' : this.#mode === 'off' ? 'off' : 'running';
    const worker = { mode: this.#mode, state, runs: this.#worker.runs } as const;
    return healthOf({ world: this.world, worker, program: () => this.#current() });
  }

  /** Whether signed requests can be told from others here. */
  get hasSigningKeys(): boolean {
    return this.#keys.length > 0;
  }

  /**
   * Replays a run's history against a program (default: this process's; a hash: one that is stored), and moves the
   * run to it when the replay asks for the very commands that are recorded; `mode` `check` only looks.
   *
   * Throws `DivergenceError` with both places in the user's files, `WorkflowNotRegisteredError`,
   * `WorkflowRunNotFoundError`, RUN_ENDED, PROGRAM_MISSING.
   */
  async upgrade(runId: string, options: UpgradeOptions = {}): Promise<ProgramMove> {
    this.#checkOpen();
    const { program = this.#program, mode = 'move' } = options;
    const { programs } = this.#engine;
    if (typeof program === 'string')
      return moveToProgram(this.#engine, runId, await programs.get(program), mode);
    const source = await sourceOf(program);
    const target = mode === 'check' ? new Program(source) : await programs.add(source);
    return moveToProgram(this.#engine, runId, target, mode);
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Executions in memory. */
  get residentCount(): number {
    return this.#resident.size;
  }

  /**
   * Drains: no new claims, steps in flight get `graceMs` (default 5,000), claims are given back. The world stays
   * open. Idempotent.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#drain(options.graceMs ?? defaults.graceMs);
    return this.#closed;
  }

  async #drain(graceMs: number): Promise<void> {
    await Promise.all([this.#worker.stop(graceMs), this.#due.close(graceMs)]);
    await this.#client.close(graceMs);
    this.#resident.clear();
    this.#unguard();
  }

  #checkOpen(): void {
    if (this.#closed) throw runtimeClosed();
  }
}

/** Makes an engine on a world, and starts its worker unless told not to. */
export function createRuntime(options: RuntimeOptions): Runtime {
  return new Runtime(options);
}

/**
 * A production process does not serve the flow route without a key: neither the runtime's nor one of the environment.
 *
 * Throws SIGNING_KEYS_MISSING.
 */
export function checkServing(runtime: Runtime | undefined): void {
  const has = runtime ? runtime.hasSigningKeys : signingKeys(undefined).length > 0;
  if (processKind() === 'production' && !has) throw signingKeysMissing();
}

/** Steps of this process, and the engine's own. */
function knownSteps(): Engine['steps'] {
  const { steps } = registry();
  return { get: (name) => steps.get(name) ?? builtinSteps.get(name), keys: () => steps.keys() };
}

/** Throws PROGRAM_UNKNOWN. */
async function sourceOf(given: RuntimeOptions['program']): Promise<ProgramSource> {
  const make = given ?? registry().program;
  if (!make) throw programUnknown();
  return typeof make === 'function' ? make() : make;
}

function definedOf<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function printLine(_runId: string, { level, text }: LogLine): void {
  const print = {
    log: console.log,
    info: console.info,
    debug: console.debug,
    warn: console.warn,
    error: console.error,
  };
  (Object.hasOwn(print, level) ? print[level as keyof typeof print] : console.log)(text);
}

function printProblem(problem: string, error: unknown): void {
  console.error(`perdure: ${problem}:`, error);
}
