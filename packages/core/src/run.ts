import type { RunProjection, RunStatus } from '@perdure/world';
import { defaultStream, type ReadOptions, type RunReadable, type StreamPlace } from './run-streams.ts';

/** What a handle needs of the process it lives in. */
export interface RunAccess {
  find(runId: string): Promise<RunProjection | undefined>;
  /** Throws `WorkflowRunNotFoundError`. */
  projection(runId: string): Promise<RunProjection>;
  result(runId: string): Promise<unknown>;
  cancel(runId: string, reason: string | undefined): Promise<void>;
  wakeUp(runId: string, correlationIds: readonly string[] | undefined): Promise<{ stoppedCount: number }>;
  readable<T = unknown>(place: StreamPlace): RunReadable<T>;
  writable<T = unknown>(place: StreamPlace): WritableStream<T>;
  /** Answers a request of a webhook, once. */
  respond(place: StreamPlace, response: Response): Promise<void>;
}

/** A handle of a run; making one does no I/O. Every property is a fresh look at the run. */
export class Run<R = unknown> {
  readonly runId: string;
  readonly #access: RunAccess;

  constructor(access: RunAccess, runId: string) {
    this.#access = access;
    this.runId = runId;
  }

  get exists(): Promise<boolean> {
    return this.#access.find(this.runId).then((run) => run !== undefined);
  }

  /** Rejects with `WorkflowRunNotFoundError`, as do the properties below. */
  get status(): Promise<RunStatus> {
    return this.#access.projection(this.runId).then(({ status }) => status);
  }

  get workflowName(): Promise<string> {
    return this.#access.projection(this.runId).then(({ workflowName }) => workflowName);
  }

  get createdAt(): Promise<Date> {
    return this.#access.projection(this.runId).then(({ createdAt }) => new Date(createdAt));
  }

  get startedAt(): Promise<Date | undefined> {
    return this.#access.projection(this.runId).then(({ startedAt }) => dateOf(startedAt));
  }

  get completedAt(): Promise<Date | undefined> {
    return this.#access.projection(this.runId).then(({ completedAt }) => dateOf(completedAt));
  }

  get attributes(): Promise<Record<string, string>> {
    return this.#access.projection(this.runId).then(({ attributes }) => attributes);
  }

  /**
   * What the workflow returned, once the run has ended; pushed where the world can tell.
   *
   * Rejects with `WorkflowRunFailedError` (its `cause` is what the workflow threw), `WorkflowRunCancelledError` or
   * `WorkflowRunNotFoundError`.
   */
  get returnValue(): Promise<R> {
    return this.#access.result(this.runId) as Promise<R>;
  }

  /** The run's default stream, from its beginning. */
  get readable(): RunReadable<unknown> {
    return this.getReadable();
  }

  /** A stream of the run, the default one or by name, from an index on; it ends where it was closed, or with the run. */
  getReadable<T = unknown>(options: ReadOptions & { readonly namespace?: string } = {}): RunReadable<T> {
    const { namespace: name = defaultStream, ...rest } = options;
    return this.#access.readable<T>({ ...rest, runId: this.runId, name });
  }

  get writable(): WritableStream<unknown> {
    return this.getWritable();
  }

  /** Writes to a stream of the run; a write resolves when its chunk is durable. */
  getWritable<T = unknown>(options: { readonly namespace?: string } = {}): WritableStream<T> {
    return this.#access.writable<T>({ runId: this.runId, name: options.namespace ?? defaultStream });
  }

  /** Ends the run: the workflow stops at its next turn, signals of steps in flight abort. Idempotent. */
  cancel(options: { readonly cancelReason?: string } = {}): Promise<void> {
    return this.#access.cancel(this.runId, options.cancelReason);
  }

  /** Ends sleeps before their time: those named, or all of them. */
  wakeUp(options: { readonly correlationIds?: readonly string[] } = {}): Promise<{ stoppedCount: number }> {
    return this.#access.wakeUp(this.runId, options.correlationIds);
  }
}

function dateOf(time: number | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
