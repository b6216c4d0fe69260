/** When the workers are hit: moments that a seed repeats. */
import { createRandom } from './random.ts';

export type Blow =
  /** SIGKILL so long after the process was made, or after it began to drive. */
  | { readonly kind: 'kill'; readonly from: 'spawn' | 'ready'; readonly afterMs: number }
  /** SIGSTOP for longer than the lease while another worker waits, SIGCONT, then SIGKILL. */
  | { readonly kind: 'stop'; readonly afterMs: number; readonly stopMs: number; readonly thenMs: number };

export interface BlowOptions {
  readonly seed: number;
  readonly kills: number;
  readonly leaseMs: number;
  /** Of so many blows one is a stop. */
  readonly stopEvery: number;
}

/** One SIGKILL each. */
export function blowsOf({ seed, kills, leaseMs, stopEvery }: BlowOptions): Blow[] {
  const random = createRandom(seed);
  const blows: Blow[] = [];
  const stopAt = random.between(1, stopEvery - 1);
  for (let burst = 0; blows.length < kills; burst -= 1) {
    if (burst <= 0 && random.chance(0.08)) burst = random.between(3, 5);
    if (blows.length % stopEvery === stopAt % kills) {
      const stopMs = leaseMs + random.between(100, 500);
      blows.push({ kind: 'stop', afterMs: random.between(60, 300), stopMs, thenMs: random.between(0, 400) });
    } else if (burst > 0 || random.chance(0.3)) {
      blows.push({ kind: 'kill', from: 'ready', afterMs: random.between(0, 25) });
    } else if (random.chance(0.07)) {
      blows.push({ kind: 'kill', from: 'spawn', afterMs: random.between(0, 200) });
    } else {
      blows.push({ kind: 'kill', from: 'ready', afterMs: random.between(25, 700) });
    }
  }
  return blows;
}
