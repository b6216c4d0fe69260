/** What breaks between the processes and the server, and when: an order that a seed repeats. */
import { createRandom } from './random.ts';

export type Break =
  /** A write is done, its reply is lost, and the connection is gone. */
  | { readonly kind: 'lose-reply'; readonly skip: number; readonly how: 'end' | 'reset' }
  /** A connection is gone, whatever it was doing. */
  | { readonly kind: 'cut'; readonly how: 'end' | 'reset' }
  /** The server ends a connection. */
  | { readonly kind: 'terminate' }
  /** The server is gone at once, and comes back. */
  | { readonly kind: 'restart'; readonly awayMs: number };

/** What follows comes so much later. */
export type TimedBreak = Break & { readonly pauseMs: number };

/** Of five, two lose the reply to a write; the server is restarted once, in the middle, beyond that. */
export function breaksOf(seed: number, count: number): TimedBreak[] {
  const random = createRandom(seed + 3);
  const breaks: TimedBreak[] = [];
  const how = (): 'end' | 'reset' => random.pick(['end', 'reset']);
  for (let i = 0; i < count; i += 1) {
    const pauseMs = random.between(0, 60);
    if (i === Math.floor(count / 2))
      breaks.push({ kind: 'restart', awayMs: random.between(0, 300), pauseMs });
    if (i % 5 < 2) breaks.push({ kind: 'lose-reply', skip: random.between(0, 12), how: how(), pauseMs });
    else if (random.chance(0.5)) breaks.push({ kind: 'cut', how: how(), pauseMs });
    else breaks.push({ kind: 'terminate', pauseMs });
  }
  return breaks;
}
