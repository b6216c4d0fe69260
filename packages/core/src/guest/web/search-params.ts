import { named, once } from '../lazy.ts';
import { notPairs } from './messages.ts';
import { addReaders, type Pair, pairsFrom } from './pair-list.ts';
import { formEncode, percentDecode } from './percent.ts';
import { utf8Text } from './utf8.ts';

interface State {
  pairs: Pair<string>[];
  /** Tells the URL that it belongs to. */
  changed?: (query: string) => void;
}

const states = new WeakMap<object, State>();

/** The pairs of `application/x-www-form-urlencoded` text. */
export function parseForm(text: string): Pair<string>[] {
  const decode = (part: string): string => utf8Text(percentDecode(part.replaceAll('+', ' ')));
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    });
}

function formText(pairs: readonly Pair<string>[]): string {
  return pairs.map(([name, value]) => `${formEncode(name)}=${formEncode(value)}`).join('&');
}

function initial(init: unknown): Pair<string>[] {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object' && typeof init !== 'function') {
    const text = String(init);
    return parseForm(text.startsWith('?') ? text.slice(1) : text);
  }
  const pairs = pairsFrom(init);
  if (!pairs) throw notPairs('URLSearchParams');
  return pairs;
}

function change(self: object, edit: (pairs: Pair<string>[]) => Pair<string>[]): void {
  const state = states.get(self)!;
  state.pairs = edit(state.pairs);
  state.changed?.(formText(state.pairs));
}

/** Replaces the first pair of a name, drops the others. */
function withOnly(pairs: Pair<string>[], name: string, value: string): Pair<string>[] {
  const first = pairs.findIndex((pair) => pair[0] === name);
  if (first < 0) return [...pairs, [name, value]];
  return pairs.flatMap((pair, i): Pair<string>[] =>
    i === first ? [[name, value]] : pair[0] === name ? [] : [pair],
  );
}

export const searchParamsClass: () => typeof URLSearchParams = once(() => {
  class WorkflowSearchParams {
    constructor(init?: unknown) {
      states.set(this, { pairs: initial(init) });
    }
    get size(): number {
      return states.get(this)!.pairs.length;
    }
    append(name: unknown, value: unknown): void {
      change(this, (pairs) => [...pairs, [text(name), text(value)]]);
    }
    delete(name: unknown, value?: unknown): void {
      const same = (pair: Pair<string>) =>
        pair[0] === text(name) && (value === undefined || pair[1] === text(value));
      change(this, (pairs) => pairs.filter((pair) => !same(pair)));
    }
    get(name: unknown): string | null {
      return states.get(this)!.pairs.find((pair) => pair[0] === text(name))?.[1] ?? null;
    }
    getAll(name: unknown): string[] {
      return states.get(this)!.pairs.flatMap((pair) => (pair[0] === text(name) ? [pair[1]] : []));
    }
    has(name: unknown, value?: unknown): boolean {
      const found = this.getAll(name);
      return value === undefined ? found.length > 0 : found.includes(text(value));
    }
    set(name: unknown, value: unknown): void {
      change(this, (pairs) => withOnly(pairs, text(name), text(value)));
    }
    sort(): void {
      change(this, (pairs) => pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    }
    toString(): string {
      return formText(states.get(this)!.pairs);
    }
  }
  addReaders(WorkflowSearchParams.prototype, (self) => states.get(self)!.pairs);
  return named(WorkflowSearchParams, 'URLSearchParams') as unknown as typeof URLSearchParams;
});

function text(value: unknown): string {
  return String(value).toWellFormed();
}

/** The parameters of a URL, which hears of every change. */
export function attachedParams(query: string, changed: (query: string) => void): URLSearchParams {
  const list = new (searchParamsClass())();
  states.set(list, { pairs: parseForm(query), changed });
  return list;
}

/** The URL changed by itself. */
export function refill(list: URLSearchParams, query: string): void {
  states.get(list)!.pairs = parseForm(query);
}
