/** Children for the reference: their ends, whether they are told of before or after they are asked for. */
import type { EventOf } from '@perdure/world';
import { opened } from './opened.ts';

export class ReferenceChildren {
  readonly #ends = new Map<string, PromiseWithResolvers<unknown>>();
  readonly #asked = new Set<string>();

  end({ runId, eventData }: EventOf<'child_completed'>): void {
    const { childRunId, status, output } = eventData;
    const child = this.#endOf(childRunId);
    child.promise.catch(() => undefined);
    if (status === 'completed') child.resolve(opened(output!, runId, `child_${childRunId}/result`));
    else {
      const name = status === 'failed' ? 'WorkflowRunFailedError' : 'WorkflowRunCancelledError';
      child.reject(Object.assign(new Error(name), { name }));
    }
  }

  /** The result of a child; `ask` is called the first time. */
  resultOf(runId: string, ask: () => void): Promise<unknown> {
    if (!this.#asked.has(runId)) {
      this.#asked.add(runId);
      ask();
    }
    const result = this.#endOf(runId).promise.then((value) => value);
    result.catch(() => undefined);
    return result;
  }

  #endOf(runId: string): PromiseWithResolvers<unknown> {
    const end = this.#ends.get(runId) ?? Promise.withResolvers<unknown>();
    this.#ends.set(runId, end);
    return end;
  }
}
