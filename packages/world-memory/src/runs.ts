import {
  type AppendOptions,
  type AppendResult,
  type ChildProjection,
  type Claim,
  type ClaimDueRequest,
  type ClaimRequest,
  type ClaimResult,
  type CreateOptions,
  type CreateResult,
  type Event,
  type EventOf,
  type Hint,
  type HookProjection,
  type ListRequest,
  type LiveHook,
  type Projection,
  type RenewResult,
  type RunProjection,
  type Runs,
  type SendOptions,
  type SendResult,
  type SentEvent,
  type StepProjection,
  type WaitProjection,
  worldErrors,
} from '@perdure/world';
import { checkRange, copyRun, type Hints, type LiveRuns, pageOf } from '@perdure/world/live';
import type { Histories } from './histories.ts';

export interface MemoryRunsOptions {
  readonly live: LiveRuns;
  readonly histories: Histories;
  readonly hints: Hints;
  /** Throws WORLD_CLOSED once the world is closed. */
  readonly open: () => void;
}

/** The runs of a memory world: each call is one synchronous turn. */
export class MemoryRuns implements Runs {
  readonly #live: LiveRuns;
  readonly #histories: Histories;
  readonly #hints: Hints;
  readonly #open: () => void;

  constructor(options: MemoryRunsOptions) {
    this.#live = options.live;
    this.#histories = options.histories;
    this.#hints = options.hints;
    this.#open = options.open;
  }

  async create(event: EventOf<'run_created'>, options: CreateOptions = {}): Promise<CreateResult> {
    this.#open();
    return this.#live.create(event, options);
  }

  async append(claim: Claim, events: readonly Event[], options: AppendOptions): Promise<AppendResult> {
    this.#open();
    return this.#live.append(claim, events, options);
  }

  async send(runId: string, event: SentEvent, options: SendOptions = {}): Promise<SendResult> {
    this.#open();
    return this.#live.send(runId, event, options);
  }

  async history(runId: string, options: { after?: number; limit?: number } = {}): Promise<Event[]> {
    this.#open();
    const range = checkRange(options);
    this.#found(runId);
    return this.#histories.read(runId, range);
  }

  async claim(request: ClaimDueRequest): Promise<ClaimResult> {
    this.#open();
    return this.#live.claim(request);
  }

  async renew(
    request: ClaimRequest & { readonly claims: readonly { claim: Claim; version: number }[] },
  ): Promise<RenewResult> {
    this.#open();
    return this.#live.renew(request);
  }

  async release(claims: readonly Claim[]): Promise<void> {
    this.#open();
    this.#live.release(claims);
  }

  async get(runId: string): Promise<RunProjection | undefined> {
    this.#open();
    const projection = this.#histories.find(runId);
    return projection && copyRun(projection.run);
  }

  async list(request: ListRequest = {}): Promise<{ runs: RunProjection[]; cursor?: string }> {
    this.#open();
    const ids = this.#histories.ids().sort().reverse();
    return pageOf(ids, request, (runId) => copyRun(this.#found(runId).run));
  }

  async steps(runId: string): Promise<StepProjection[]> {
    this.#open();
    return Array.from(this.#found(runId).steps.values(), (step) => ({ ...step }));
  }

  async hooks(runId: string): Promise<HookProjection[]> {
    this.#open();
    return Array.from(this.#found(runId).hooks.values(), (hook) => ({ ...hook }));
  }

  async waits(runId: string): Promise<WaitProjection[]> {
    this.#open();
    return Array.from(this.#found(runId).waits.values(), (wait) => ({ ...wait }));
  }

  async children(runId: string): Promise<ChildProjection[]> {
    this.#open();
    return Array.from(this.#found(runId).children.values(), (child) => ({ ...child }));
  }

  async hookByToken(token: string): Promise<LiveHook | undefined> {
    this.#open();
    const owner = this.#live.tokenOwner(token);
    if (!owner) return undefined;
    const { runId, correlationId, version } = owner;
    const [event] = this.#histories.read(runId, { after: version - 1, limit: 1 });
    return { runId, correlationId, token, createdEvent: event as EventOf<'hook_created'> };
  }

  watch(listener: (hint: Hint) => void): () => void {
    this.#open();
    return this.#hints.watch(listener);
  }

  #found(runId: string): Projection {
    const projection = this.#histories.find(runId);
    if (!projection) throw worldErrors.runNotFound(runId);
    return projection;
  }
}
