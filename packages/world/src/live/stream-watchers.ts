/** Who waits for news of which stream; called after the write, never within it. */
export class StreamWatchers {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Keys that somebody listens to. */
  get keys(): Iterable<string> {
    return this.#listeners.keys();
  }

  watch(key: string, listener: () => void): () => void {
    // Wrapped, so that one function watched twice is two listeners with a stop of their own.
    const own = () => listener();
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key);
    };
  }

  /** News may have come to any of them. */
  emitAll(): void {
    for (const key of this.#listeners.keys()) this.emit(key);
  }

  emit(key: string): void {
    const listeners = this.#listeners.get(key);
    if (!listeners) return;
    queueMicrotask(() => {
      for (const listener of listeners) {
        try {
          listener();
        } catch {
          // A hint carries no duty: what a listener throws concerns neither the writer nor other listeners.
        }
      }
    });
  }

  clear(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
    this.#listeners.clear();
  }
}
