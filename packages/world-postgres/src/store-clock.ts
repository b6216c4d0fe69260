/**
 * The server's clock as this process knows it: never ahead of it, and behind by no more than the fastest of the recent replies took.
 *
 * A reply that says "it is t" was written at t and is read later, so that t minus the own time of reading is a lower
 * bound of the difference between the clocks. The best bound of this and the last while counts, as clocks drift.
 */
const windowMs = 60_000;

export class StoreClock {
  #best = Number.NEGATIVE_INFINITY;
  #before = Number.NEGATIVE_INFINITY;
  #began = 0;

  /** A reply says that it was this time, in milliseconds since the epoch. */
  note(serverNow: number): void {
    const now = Date.now();
    if (Math.abs(now - this.#began) >= windowMs) {
      this.#before = this.#best;
      this.#best = Number.NEGATIVE_INFINITY;
      this.#began = now;
    }
    this.#best = Math.max(this.#best, serverNow - now);
  }

  now(): number {
    const offset = Math.max(this.#best, this.#before);
    return Date.now() + (offset === Number.NEGATIVE_INFINITY ? 0 : offset);
  }
}
