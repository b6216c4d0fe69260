import { OFFSET_STRIDE_EVENTS, OFFSETS_PER_RUN_MAX } from './limits.ts';

/** Byte offsets of some lines of a run's file, so that a read starts near what it wants; bounded in number. */
export class Offsets {
  #offsets: number[] = [];
  #stride = OFFSET_STRIDE_EVENTS;

  /** Tells where the line of a version begins; versions come in order. */
  add(version: number, offset: number): void {
    if ((version - 1) % this.#stride !== 0) return;
    this.#offsets.push(offset);
    if (this.#offsets.length < OFFSETS_PER_RUN_MAX) return;
    this.#offsets = this.#offsets.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }

  /** Where to start reading to meet a version. */
  before(version: number): number {
    const index = Math.min(Math.floor((version - 1) / this.#stride), this.#offsets.length - 1);
    return this.#offsets[index] ?? 0;
  }

  /** Where to stop reading when everything up to a version is wanted; undefined: at the end. */
  after(version: number): number | undefined {
    return this.#offsets[Math.floor((version - 1) / this.#stride) + 1];
  }
}
