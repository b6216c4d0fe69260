/**
 * Runs that workflows wait for without having started them, and who waits.
 *
 * A child that ends tells its parent. The end of any other run is told by the process that drove whoever waits, when
 * a hint of it comes; whoever waits looks for itself as well, so what is forgotten here comes later, not never.
 */
const runsMax = 10_000;

export class AwaitedRuns {
  readonly #waiting = new Map<string, Set<string>>();

  add(runId: string, byRunId: string): void {
    const waiting = this.#waiting.get(runId) ?? new Set();
    waiting.add(byRunId);
    this.#waiting.set(runId, waiting);
    if (this.#waiting.size > runsMax) this.#waiting.delete(this.#waiting.keys().next().value!);
  }

  remove(runId: string, byRunId: string): void {
    const waiting = this.#waiting.get(runId);
    waiting?.delete(byRunId);
    if (waiting?.size === 0) this.#waiting.delete(runId);
  }

  /** Who waits for a run, and does not any more. */
  take(runId: string): readonly string[] {
    const waiting = this.#waiting.get(runId);
    if (!waiting) return [];
    this.#waiting.delete(runId);
    return [...waiting];
  }
}
