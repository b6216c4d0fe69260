import { describe, expect, it } from 'vitest';
import { searchParamsClass } from '../src/guest/web/search-params.ts';
import { urlClass } from '../src/guest/web/url.ts';
import { bases, table as inputs } from './url-inputs.ts';
import { oddInputs } from './url-odd-inputs.ts';
import { setters } from './url-setters.ts';

const table = [...inputs, ...oddInputs];

const Ours = urlClass();
const parts = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const;

function partsOf(Class: typeof URL, input: string, base: string | undefined): string[] | 'refused' {
  try {
    const url = new Class(input, base);
    return parts.map((part) => url[part]);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return 'refused';
  }
}

function afterSetting(Class: typeof URL, [text, part, value]: (typeof setters)[number]): string {
  const url = new Class(text);
  try {
    (url as unknown as Record<string, string>)[part] = value;
  } catch {
    return 'refused';
  }
  return url.href;
}

describe('URL in a workflow', () => {
  it.each([undefined, ...bases])(`reads ${table.length} inputs as Node does, from base %s`, (base) => {
    const differing = table.filter((input) => {
      const [ours, node] = [partsOf(Ours, input, base), partsOf(URL, input, base)];
      return (
        JSON.stringify(ours) !== JSON.stringify(node) || Ours.canParse(input, base) !== (node !== 'refused')
      );
    });
    expect(differing).toEqual([]);
  });

  it('sets its parts as Node does', () => {
    expect(setters.filter((one) => afterSetting(Ours, one) !== afterSetting(URL, one))).toEqual([]);
  });

  it('is one with its search parameters', () => {
    const both = [Ours, URL].map((Class) => {
      const url = new Class('https://h/?b=2&a=1&b=3#f');
      const { searchParams } = url;
      searchParams.append('c d', 'ü+&=');
      searchParams.set('b', 'x');
      searchParams.sort();
      const first = url.href;
      url.search = '?z=1';
      return [
        first,
        [...searchParams],
        url.searchParams === searchParams,
        JSON.stringify(url),
        Object.prototype.toString.call(url),
      ];
    });
    expect(both[0]).toEqual(both[1]);
  });
});

describe('URLSearchParams in a workflow', () => {
  const inputs: unknown[] = [
    '',
    '?a=1&b',
    'a=%zz&b=%41+c&&=x&a',
    { a: 1, b: 'ü' },
    [
      ['x', 'y'],
      ['x', 'z'],
    ],
    new Map([['m', 'n']]),
    'a=\ud800',
    '%F0%9F%98%80=😀',
    'a=b=c&?d=e',
  ];
  it.each(inputs)('reads and writes %j as Node does', (input) => {
    const [ours, node] = [searchParamsClass(), URLSearchParams].map((Class) => {
      const list = new Class(input as string);
      return [
        String(list),
        [...list.entries()],
        [...list.keys()],
        list.size,
        list.get('a'),
        list.getAll('x'),
        list.has('x', 'z'),
      ];
    });
    expect(ours).toEqual(node);
  });

  it('refuses what are no pairs', () => {
    expect(() => new (searchParamsClass())([['only one']] as never)).toThrow(TypeError);
  });
});
