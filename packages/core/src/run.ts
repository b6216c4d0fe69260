import type { RunProjection, RunStatus } from '@perdure/world';

/** What a handle needs of the process it lives in. */
export interface RunAccess {
  find(runId: string): Promise<RunProjection | undefined>;
  /** Throws `WorkflowRunNotFoundError`. */
  projection(runId: string): Promise<RunProjection>;
  result(runId: string): Promise<unknown>;
  cancel(runId: string, reason: string | undefined): Promise<void>;
  wakeUp(runId: string, correlationIds: readonly string[] | undefined): Promise<{ stoppedCount: number }>;
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
