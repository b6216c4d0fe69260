/**
 * Who may build an Execution now. One that exists goes on before another one is made: two hundred runs that start at
 * once then need the memory of a few, since those that go on end and make room.
 *
 * Nobody waits long: who rests for longer than `patienceMs` (its steps or its hook take their time) has left; when
 * nobody inside got anywhere for that long, or it has been `waitMsMax`, as many are let in again. So a slow store, a slow
 * program or a long one holds nobody up.
 */
export interface AdmissionOptions {
  readonly limit: number;
  readonly patienceMs: number;
  readonly waitMsMax: number;
}

export class Admission {
  readonly #limit: number;
  readonly #patienceMs: number;
  readonly #waitMsMax: number;
  #inside = 0;
  /** When many were let in last. */
  #openedAt = 0;
  #moved = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting: (() => void)[] = [];
  /** Seats of those that rest, longest first, with the time since when. */
  readonly #resting = new Map<Seat, number>();

  constructor({ limit, patienceMs, waitMsMax }: AdmissionOptions) {
    this.#limit = limit;
    this.#patienceMs = patienceMs;
    this.#waitMsMax = waitMsMax;
  }

  seat(): Seat {
    return new Seat(this);
  }

  /** Undefined when it may go on at once, as who needs `nothing` always may. */
  enter(needs: 'room' | 'nothing'): Promise<void> | undefined {
    if (needs === 'room') this.#clear();
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

  /** Somebody inside got on. */
  progress(): void {
    this.#moved = true;
  }

  rest(seat: Seat): void {
    this.#resting.set(seat, performance.now());
  }

  wake(seat: Seat): void {
    this.#resting.delete(seat);
  }

  /** Those who have rested for long leave. */
  #clear(): void {
    const long = performance.now() - this.#patienceMs;
    for (const [seat, since] of this.#resting) {
      if (since > long) return;
      seat.leave();
    }
  }

  #admit(count: number): void {
    for (const enter of this.#waiting.splice(0, count)) {
      this.#inside += 1;
      enter();
    }
  }

  #look(): void {
    if (this.#timer || this.#waiting.length === 0) return;
    if (this.#openedAt === 0) this.#openedAt = performance.now();
    this.#moved = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#clear();
      const now = performance.now();
      if (!this.#moved || now - this.#openedAt >= this.#waitMsMax) {
        this.#openedAt = now;
        this.#admit(this.#limit);
      }
      if (this.#waiting.length === 0) this.#openedAt = 0;
      this.#look();
    }, this.#patienceMs);
  }
}

/** One run's: taken while it works, left soon when it waits for something else than its turn. */
export class Seat {
  readonly #admission: Admission;
  #taken = false;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** A promise when it has to wait for its turn; nothing when it is taken already. */
  take(needs: 'room' | 'nothing'): Promise<void> | undefined {
    this.#admission.wake(this);
    if (this.#taken) return undefined;
    this.#taken = true;
    return this.#admission.enter(needs);
  }

  progress(): void {
    if (this.#taken) this.#admission.progress();
  }

  /** What it waits for may be there in a moment. */
  rest(): void {
    if (this.#taken) this.#admission.rest(this);
  }

  leave(): void {
    this.#admission.wake(this);
    if (!this.#taken) return;
    this.#taken = false;
    this.#admission.leave();
  }
}
