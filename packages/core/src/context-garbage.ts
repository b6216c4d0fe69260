/**
 * Has contexts collected that nothing refers to any more.
 *
 * A context is 220 KB that die with their run, and V8 collects its old space late: it lets it grow to four times what
 * the last collection left, and counts what a compiler thread happens to hold at that moment as left. A process that
 * drives short runs grew to many hundred megabytes of ended ones. In a small heap a collection takes milliseconds,
 * so we ask for one after every few dozen contexts; a large heap takes long to walk, and is left to V8.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Contexts made between two looks at the heap. */
const lookEvery = 16;
/** Contexts beyond those that the last collection left, and as a share of those. */
const garbageMin = 48;
const garbageShare = 0.5;
const heapBytesMax = 128 * 2 ** 20;

type Collect = (options: { readonly type: 'major'; readonly execution: 'sync' }) => void;

let made = 0;
/** Contexts that the last collection left, ours or V8's. */
let left = 0;
let collect: Collect | undefined;

/** V8's own entry to a collection, without exposing it to any other context; where it has none, nothing is collected early. */
function collector(): Collect {
  const exposed = (globalThis as { gc?: Collect }).gc;
  if (exposed) return exposed;
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('gc') as Collect;
  } catch {
    return () => undefined;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}

/** Called after each context that is made. */
export function collectContexts(): void {
  made += 1;
  if (made % lookEvery !== 0) return;
  const { number_of_native_contexts: contexts, used_heap_size: heapBytes } = getHeapStatistics();
  left = Math.min(left, contexts);
  if (heapBytes > heapBytesMax || contexts - left < Math.max(garbageMin, left * garbageShare)) return;
  collect ??= collector();
  collect({ type: 'major', execution: 'sync' });
  left = getHeapStatistics().number_of_native_contexts;
}
