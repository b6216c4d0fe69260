import { named, once } from '../lazy.ts';
import { headerInvalid, notPairs } from './messages.ts';
import { addReaders, type Pair, pairsFrom } from './pair-list.ts';

/** In order of addition, names in lower case. */
const lists = new WeakMap<object, Pair<string>[]>();
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function nameOf(value: unknown): string {
  const name = String(value);
  if (!token.test(name)) throw headerInvalid('name', name);
  return name.toLowerCase();
}

function valueText(value: unknown): string {
  const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  if (/[\0\n\r]|[^\0-\xff]/.test(text)) throw headerInvalid('value', text);
  return text;
}

/** What iteration sees: sorted, values of one name joined, except for cookies. */
function sorted(list: readonly Pair<string>[]): Pair<string>[] {
  const names = [...new Set(list.map(([name]) => name))].sort();
  return names.flatMap((name): Pair<string>[] => {
    const values = list.flatMap((pair) => (pair[0] === name ? [pair[1]] : []));
    return name === 'set-cookie' ? values.map((value) => [name, value]) : [[name, values.join(', ')]];
  });
}

export const headersClass: () => typeof Headers = once(() => {
  class WorkflowHeaders {
    constructor(init?: unknown) {
      lists.set(this, []);
      if (init === undefined) return;
      const pairs = typeof init === 'object' && init !== null ? pairsFrom(init) : undefined;
      if (!pairs) throw notPairs('Headers');
      for (const [name, value] of pairs) this.append(name, value);
    }
    append(name: unknown, value: unknown): void {
      lists.get(this)!.push([nameOf(name), valueText(value)]);
    }
    delete(name: unknown): void {
      const key = nameOf(name);
      lists.set(
        this,
        lists.get(this)!.filter((pair) => pair[0] !== key),
      );
    }
    get(name: unknown): string | null {
      const key = nameOf(name);
      const values = lists.get(this)!.flatMap((pair) => (pair[0] === key ? [pair[1]] : []));
      return values.length === 0 ? null : values.join(', ');
    }
    getSetCookie(): string[] {
      return lists.get(this)!.flatMap((pair) => (pair[0] === 'set-cookie' ? [pair[1]] : []));
    }
    has(name: unknown): boolean {
      const key = nameOf(name);
      return lists.get(this)!.some((pair) => pair[0] === key);
    }
    set(name: unknown, value: unknown): void {
      const pair: Pair<string> = [nameOf(name), valueText(value)];
      this.delete(name);
      lists.get(this)!.push(pair);
    }
  }
  addReaders(WorkflowHeaders.prototype, (self) => sorted(lists.get(self)!));
  return named(WorkflowHeaders, 'Headers') as unknown as typeof Headers;
});
