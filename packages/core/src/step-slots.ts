/** How many step bodies run at once in this process; who finds none free is called when one is. */
export class StepSlots {
  readonly #limit: number;
  #used = 0;
  readonly #waiting = new Set<() => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get free(): number {
    return Math.max(0, this.#limit - this.#used);
  }

  /** Takes slots that `free` showed. A run that ends may take more than there are: its steps get their attempt. */
  take(count: number): void {
    this.#used += count;
  }

  give(): void {
    this.#used -= 1;
    if (this.#waiting.size === 0 || this.free === 0) return;
    const [first] = this.#waiting;
    this.#waiting.delete(first!);
    first!();
  }

  /** Calls back once, when a slot is free. */
  wait(callback: () => void): void {
    this.#waiting.add(callback);
  }

  cancelWait(callback: () => void): void {
    this.#waiting.delete(callback);
  }
}
