/** What the queue needs to know of a run, and the two fields that it alone writes. */
export interface Due {
  /** When the run may be claimed; Infinity: not before someone changes it. */
  dueAt: number;
  /** Position in the heap; -1 while the run is not in it. */
  slot: number;
  /** Orders runs that are due at the same time by when they came. */
  turn: number;
}

/**
 * Runs by the time they become claimable: a binary heap that knows each run's place.
 *
 * Runs that wait for the outside only (Infinity) are not in it, so they cost nothing.
 */
export class DueQueue<T extends Due> {
  #heap: T[] = [];
  #turn = 0;

  peek(): T | undefined {
    return this.#heap[0];
  }

  /** The first of those that a test lets through; looks at all of them. */
  first(test: (item: T) => boolean): T | undefined {
    let first: T | undefined;
    for (const item of this.#heap) if (test(item) && (!first || before(item, first))) first = item;
    return first;
  }

  /** Gives a run a new time; the one way in, around and out. */
  set(item: T, dueAt: number): void {
    if (item.slot >= 0 && item.dueAt === dueAt) return;
    item.dueAt = dueAt;
    item.turn = this.#turn++;
    if (dueAt === Number.POSITIVE_INFINITY) {
      if (item.slot >= 0) this.#remove(item);
      return;
    }
    if (item.slot < 0) {
      item.slot = this.#heap.length;
      this.#heap.push(item);
    }
    this.#settle(item);
  }

  clear(): void {
    for (const item of this.#heap) item.slot = -1;
    this.#heap = [];
  }

  #remove(item: T): void {
    const last = this.#heap.pop() as T;
    if (last !== item) {
      this.#heap[item.slot] = last;
      last.slot = item.slot;
      this.#settle(last);
    }
    item.slot = -1;
  }

  #settle(item: T): void {
    let slot = item.slot;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (!before(item, this.#heap[parent]!)) break;
      this.#place(this.#heap[parent]!, slot);
      slot = parent;
    }
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && before(this.#heap[child + 1]!, this.#heap[child]!)) child += 1;
      if (!before(this.#heap[child]!, item)) break;
      this.#place(this.#heap[child]!, slot);
      slot = child;
    }
    this.#place(item, slot);
  }

  #place(item: T, slot: number): void {
    this.#heap[slot] = item;
    item.slot = slot;
  }
}

function before(left: Due, right: Due): boolean {
  return left.dueAt < right.dueAt || (left.dueAt === right.dueAt && left.turn < right.turn);
}
