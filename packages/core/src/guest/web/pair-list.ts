/** What URLSearchParams, FormData and Headers have in common: an ordered list of names and values, to be iterated. */
export type Pair<T> = [string, T];

/** Adds the methods that only read; `pairsOf` gives the list of an instance, looked at again for each step. */
export function addReaders<T>(prototype: object, pairsOf: (self: object) => readonly Pair<T>[]): void {
  function* entries(this: object): Generator<Pair<T>> {
    for (let i = 0; i < pairsOf(this).length; i += 1) {
      const [name, value] = pairsOf(this)[i]!;
      yield [name, value];
    }
  }
  const methods = {
    entries,
    *keys(this: object) {
      for (const [name] of entries.call(this)) yield name;
    },
    *values(this: object) {
      for (const [, value] of entries.call(this)) yield value;
    },
    forEach(this: object, callback: (value: T, name: string, list: unknown) => void, self?: unknown) {
      for (const [name, value] of entries.call(this)) callback.call(self, value, name, this);
    },
    [Symbol.iterator]: entries,
  };
  for (const key of Reflect.ownKeys(methods)) {
    const value = (methods as Record<string | symbol, unknown>)[key];
    Object.defineProperty(prototype, key, { value, writable: true, configurable: true });
  }
}

/** Pairs given as a record, a list or anything iterable. Undefined for a list with something else in it. */
export function pairsFrom(init: object): Pair<string>[] | undefined {
  const iterate = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  const list: unknown[] =
    typeof iterate === 'function' ? [...(init as Iterable<unknown>)] : Object.entries(init);
  const pairs: Pair<string>[] = [];
  for (const item of list) {
    const pair = typeof item === 'object' && item !== null ? [...(item as Iterable<unknown>)] : [];
    if (pair.length !== 2) return undefined;
    pairs.push([String(pair[0]).toWellFormed(), String(pair[1]).toWellFormed()]);
  }
  return pairs;
}
