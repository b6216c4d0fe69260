/**
 * Runs as a workflow sees them. Reading one is a step; its result is pushed into this run's history when it ends, so
 * that waiting for it holds nothing.
 */
import { WorkflowRunCancelledError, WorkflowRunFailedError } from '../errors.ts';
import { runIdOf } from '../payload/run-record.ts';
import { runBuiltin } from './builtin-steps.ts';
import { bornHandled, childEnded, issue, nextId, storedTypes } from './state.ts';
import { type ReadableOptions, readableHandle, writableHandle } from './stream-handles.ts';

/** Facts about a run at the time they were read. */
interface RunFacts {
  readonly status: string;
  readonly workflowName: string;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  readonly completedAt?: Date;
  readonly attributes: Record<string, string>;
}

/** A handle of a run. */
export interface Run<R = unknown> {
  readonly runId: string;
  readonly exists: Promise<boolean>;
  readonly status: Promise<string>;
  readonly workflowName: Promise<string>;
  readonly createdAt: Promise<Date>;
  readonly startedAt: Promise<Date | undefined>;
  readonly completedAt: Promise<Date | undefined>;
  readonly attributes: Promise<Record<string, string>>;
  /** Rejects with `WorkflowRunFailedError` or `WorkflowRunCancelledError`. */
  readonly returnValue: Promise<R>;
  /** The run's default stream, and any by name: handles to pass to steps. */
  readonly readable: ReadableStream;
  getReadable<T = unknown>(options?: ReadableOptions): ReadableStream<T>;
  readonly writable: WritableStream;
  getWritable<T = unknown>(options?: { readonly namespace?: string }): WritableStream<T>;
  cancel(options?: { readonly cancelReason?: string }): Promise<void>;
  wakeUp(options?: { readonly correlationIds?: readonly string[] }): Promise<{ stoppedCount: number }>;
}

/** How a child ended, as its event says. */
export interface ChildOutcome {
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly value: unknown;
  readonly errorCode?: string;
  readonly reason?: string;
}

const results = new Map<string, Promise<unknown>>();

function resultOf(runId: string): Promise<unknown> {
  let result = results.get(runId);
  if (!result) {
    result = bornHandled(
      childEnded(runId).then((outcome) => {
        if (outcome.status === 'completed') return outcome.value;
        if (outcome.status === 'cancelled') throw new WorkflowRunCancelledError(runId, outcome.reason);
        throw new WorkflowRunFailedError(runId, outcome.errorCode ?? '', outcome.value);
      }),
    );
    results.set(runId, result);
    issue('await-child', nextId('chld'), runId);
  }
  return result;
}

export class GuestRun implements Run<unknown> {
  readonly runId: string;

  constructor(runId: string) {
    this.runId = runId;
  }

  async #facts(): Promise<RunFacts> {
    return await runBuiltin<RunFacts>('readRun', this.runId);
  }

  get exists(): Promise<boolean> {
    return bornHandled(runBuiltin<boolean>('hasRun', this.runId));
  }

  get status(): Promise<string> {
    return bornHandled(this.#facts().then(({ status }) => status));
  }

  get workflowName(): Promise<string> {
    return bornHandled(this.#facts().then(({ workflowName }) => workflowName));
  }

  get createdAt(): Promise<Date> {
    return bornHandled(this.#facts().then(({ createdAt }) => createdAt));
  }

  get startedAt(): Promise<Date | undefined> {
    return bornHandled(this.#facts().then(({ startedAt }) => startedAt));
  }

  get completedAt(): Promise<Date | undefined> {
    return bornHandled(this.#facts().then(({ completedAt }) => completedAt));
  }

  get attributes(): Promise<Record<string, string>> {
    return bornHandled(this.#facts().then(({ attributes }) => attributes));
  }

  get returnValue(): Promise<unknown> {
    return resultOf(this.runId);
  }

  get readable(): ReadableStream {
    return readableHandle(this.runId);
  }

  getReadable<T>(options?: ReadableOptions): ReadableStream<T> {
    return readableHandle<T>(this.runId, options);
  }

  get writable(): WritableStream {
    return writableHandle(this.runId, undefined);
  }

  getWritable<T>(options: { readonly namespace?: string } = {}): WritableStream<T> {
    return writableHandle<T>(this.runId, options.namespace);
  }

  cancel(options: { readonly cancelReason?: string } = {}): Promise<void> {
    return runBuiltin('cancelRun', this.runId, options.cancelReason);
  }

  wakeUp(options: { readonly correlationIds?: readonly string[] } = {}): Promise<{ stoppedCount: number }> {
    return runBuiltin('wakeRun', this.runId, options.correlationIds);
  }
}

/** A handle; making one does nothing. */
export function runHandle<R = unknown>(runId: string): Run<R> {
  return new GuestRun(runId) as Run<R>;
}

storedTypes.Run = {
  reduce: (value) => (value instanceof GuestRun ? { runId: value.runId } : undefined),
  revive: (data) => runHandle(runIdOf(data)),
};
