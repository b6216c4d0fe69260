import type { Hint } from '../world.ts';

/** The listeners of a World; they are called after the write that caused the hint, never within it. */
export class Hints {
  #listeners = new Set<(hint: Hint) => void>();

  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  watch(listener: (hint: Hint) => void): () => void {
    // Wrapped, so that one function watched twice is two listeners with a stop of their own.
    const own = (hint: Hint) => listener(hint);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  emit(runId: string, kind: Hint['kind']): void {
    if (this.#listeners.size === 0) return;
    queueMicrotask(() => {
      for (const listener of this.#listeners) {
        try {
          listener({ runId, kind });
        } catch {
          // Hints carry no duty (W7): what a listener throws concerns neither the writer nor other listeners.
        }
      }
    });
  }

  clear(): void {
    this.#listeners.clear();
  }
}
