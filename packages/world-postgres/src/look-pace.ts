/** How long hints may be waited for: long while notifications arrive, else as the looks find something or nothing. */
import { LOOK_AGAIN_MS, LOOK_LATE_MS, LOOK_SOON_MS } from './limits.ts';

export class LookPace {
  readonly #hears: () => boolean;
  #ms: number = LOOK_SOON_MS;

  constructor(hears: () => boolean) {
    this.#hears = hears;
  }

  /** After a look that found so many. */
  next(found: number): number {
    this.#ms = found > 0 ? LOOK_SOON_MS : Math.min(LOOK_LATE_MS, this.#ms * 2);
    return this.#hears() ? LOOK_AGAIN_MS : this.#ms;
  }
}
