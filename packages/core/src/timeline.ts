/** Points in time with what is due then, earliest first. Removal is lazy: the caller checks what it takes. */
export class Timeline<T> {
  readonly #entries: { readonly at: number; readonly item: T }[] = [];

  add(at: number, item: T): void {
    // Latest first, so that the earliest is popped from the end.
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.at > at) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, { at, item });
  }

  /** The earliest entry for which `holds` is true; entries before it are dropped. */
  next(holds: (item: T) => boolean): { readonly at: number; readonly item: T } | undefined {
    for (let last = this.#entries.at(-1); last; last = this.#entries.at(-1)) {
      if (holds(last.item)) return last;
      this.#entries.pop();
    }
    return undefined;
  }

  /** Removes and returns the entry that `next` showed. */
  take(): void {
    this.#entries.pop();
  }
}
