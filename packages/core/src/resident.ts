import type { Execution } from './execution.ts';

/**
 * Executions kept between turns, by run; the least recently used one is dropped first, which is always safe (E6).
 *
 * With a capacity of 0 every turn is a replay, the test of E6: an Execution is dropped as soon as it had one.
 */
export class ResidentExecutions {
  readonly #capacity: number;
  readonly #byRun = new Map<string, Execution>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(runId: string): Execution | undefined {
    return this.#byRun.get(runId);
  }

  /** Keeps an Execution as the most recently used one. */
  keep(runId: string, execution: Execution): void {
    this.#byRun.delete(runId);
    this.#byRun.set(runId, execution);
    while (this.#byRun.size > Math.max(1, this.#capacity))
      this.#byRun.delete(this.#byRun.keys().next().value!);
  }

  /** The Execution of a run had a turn. */
  turned(runId: string): void {
    if (this.#capacity === 0) this.#byRun.delete(runId);
  }

  drop(runId: string): void {
    this.#byRun.delete(runId);
  }

  get size(): number {
    return this.#byRun.size;
  }

  clear(): void {
    this.#byRun.clear();
  }
}
