/** What this process tells others about its writes, and by which clock it writes. */
import { randomBytes } from 'node:crypto';
import type { Hint } from '@perdure/world';
import type { Hints } from '@perdure/world/live';
import type { StoreClock } from './store-clock.ts';

const hintKinds: readonly Hint['kind'][] = ['due', 'moved', 'ended', 'offered'];

export interface PulseOptions {
  readonly hints: Hints;
  readonly clock: StoreClock;
  /** The clock of tests, in the place of the server's. */
  readonly virtualClock: (() => number) | undefined;
  readonly notifications: 'on' | 'off';
  /** Hears of every run of which there is a hint, before anybody else does. */
  readonly onNews: (runId: string) => void;
}

export class Pulse {
  readonly #options: PulseOptions;
  /** By what this process knows its own notifications. */
  readonly id: string = randomBytes(6).toString('hex');

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  get notifications(): 'on' | 'off' {
    return this.#options.notifications;
  }

  /** The origin of notifications; null: none. */
  origin(hints: 'hints' | 'none'): string | null {
    return hints === 'hints' && this.#options.notifications === 'on' ? this.id : null;
  }

  /** The time for the server's functions; null: its own. */
  at(): number | null {
    return this.#options.virtualClock?.() ?? null;
  }

  now(): number {
    return this.#options.virtualClock?.() ?? this.#options.clock.now();
  }

  /** A reply says what time it was. */
  note(serverNow: number): void {
    if (!this.#options.virtualClock) this.#options.clock.note(serverNow);
  }

  /** Another process told of a run. Kinds that this version does not know are no news to it. */
  hear(kind: string, runId: string): void {
    const known = hintKinds.find((one) => one === kind);
    if (known) this.emit(runId, known);
  }

  emit(runId: string, kind: Hint['kind']): void {
    this.#options.onNews(runId);
    this.#options.hints.emit(runId, kind);
  }

  /** An append of this process became durable. */
  appended(runId: string, state: 'held' | 'released' | 'ended', wakeAt: number | null): void {
    if (state === 'ended') this.emit(runId, 'ended');
    else if (state === 'released' && wakeAt !== null && wakeAt <= this.now()) this.emit(runId, 'due');
  }
}
