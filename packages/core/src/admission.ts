/**
 * Who may build an Execution now. One that exists goes on before another one is made: two hundred runs that start at
 * once then need the memory of a few, since those that go on end and make room.
 *
 * Nobody waits for the slow: whoever parks has left, and when nobody left for a whole macrotask, as many are let in
 * again. So a store or a program that takes its time holds nobody up.
 */
export class Admission {
  readonly #limit: number;
  #inside = 0;
  #moved = false;
  #looking = false;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  seat(): Seat {
    return new Seat(this);
  }

  /** Undefined when it may go on at once, as who needs `nothing` always may. */
  enter(needs: 'room' | 'nothing'): Promise<void> | undefined {
    if (needs === 'nothing' || this.#inside < this.#limit) {
      this.#inside += 1;
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#look();
    return promise;
  }

  leave(): void {
    this.#inside -= 1;
    this.#moved = true;
    if (this.#inside < this.#limit) this.#admit(1);
  }

  #admit(count: number): void {
    for (const enter of this.#waiting.splice(0, count)) {
      this.#inside += 1;
      enter();
    }
  }

  #look(): void {
    if (this.#looking || this.#waiting.length === 0) return;
    this.#looking = true;
    this.#moved = false;
    setImmediate(() => {
      this.#looking = false;
      if (!this.#moved) this.#admit(this.#limit);
      this.#look();
    });
  }
}

/** One run's: taken while it works, left while it waits for something else than its turn. */
export class Seat {
  readonly #admission: Admission;
  #taken = false;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** A promise when it has to wait for its turn; nothing when it is taken already. */
  take(needs: 'room' | 'nothing'): Promise<void> | undefined {
    if (this.#taken) return undefined;
    this.#taken = true;
    return this.#admission.enter(needs);
  }

  leave(): void {
    if (this.#taken) this.#admission.leave();
    this.#taken = false;
  }
}
