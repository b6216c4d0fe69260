import type { SiteCase } from './site-case.ts';

/** Ways in which workflow code calls steps and names what they capture. */
export const calls: SiteCase[] = [
  {
    name: 'call, apply and bind',
    source: `async function sum(...all: number[]) { "use step"; return all.reduce((a, b) => a + b, 0); }
      export async function main(k = 5) {
        "use workflow";
        const near = async (n: number) => { "use step"; return n + k; };
        const bound = sum.bind(null, 1, 2);
        return [await sum.call(null, 1, 2), await sum.apply(undefined, [3, 4]), await bound(3), await near.call(null, 1), await near.bind({})(2)];
      }`,
    ids: ['step:main/near', 'step:sum', 'workflow:main'],
    result: [3, 7, 6, 6, 7],
    calls: [
      { step: 'sum' },
      { step: 'sum' },
      { step: 'sum' },
      { step: 'main/near', closure: { k: 5 } },
      { step: 'main/near', closure: { k: 5 } },
    ],
  },
  {
    name: 'static methods by call and bind',
    source: `class Shop {
        static rate = 2;
        static async price(n: number) { "use step"; return n * this.rate; }
      }
      export async function main() {
        "use workflow";
        const { price } = Shop;
        return [await price(1), await Shop.price.call(null, 2), await Shop.price.bind(Shop)(3)];
      }`,
    ids: ['step:Shop.price', 'workflow:main'],
    result: [2, 4, 6],
    calls: [{ step: 'Shop.price' }, { step: 'Shop.price' }, { step: 'Shop.price' }],
  },
  {
    name: 'steps as callbacks, by name',
    source: `async function double(n: number) { "use step"; return n * 2; }
      export async function main() { "use workflow"; return await Promise.all([1, 2].map((n) => double(n))).then((all) => Promise.all(all.map(double))); }`,
    ids: ['step:double', 'workflow:main'],
    result: [4, 8],
    calls: [{ step: 'double' }, { step: 'double' }, { step: 'double' }, { step: 'double' }],
  },
  {
    name: 'functions called where they stand, with arguments and with call and apply',
    source: `export async function main(k = 1) {
        "use workflow";
        return [
          await (async (n: number) => { "use step"; return n + k; })(10),
          await (async function (n: number) { "use step"; return n + k; }).apply(null, [20]),
          await (async function own(n: number): Promise<number> { "use step"; return n > 30 ? n : own(n + 30 + k); })(3),
        ];
      }`,
    ids: ['step:main/anonymous0', 'step:main/anonymous1', 'step:main/own', 'workflow:main'],
    result: [11, 21, 34],
    calls: [
      { step: 'main/anonymous0', closure: { k: 1 } },
      { step: 'main/anonymous1', closure: { k: 1 } },
      { step: 'main/own', closure: { k: 1 } },
    ],
  },
  {
    name: 'using, in a workflow and in a step',
    source: `const log: string[] = [];
      const open = (name: string) => ({ name, [Symbol.dispose]() { log.push(name); }, async [Symbol.asyncDispose]() { log.push('async ' + name); } });
      async function work(n: number) { "use step"; using held = open('step'); return held.name + n; }
      export async function main() {
        "use workflow";
        {
          using first = open('first');
          await using second = open('second');
          const near = async () => { "use step"; using inner = open('inner'); return inner.name; };
          log.push(first.name, second.name, await work(1), await near());
        }
        return log;
      }`,
    ids: ['step:main/near', 'step:work', 'workflow:main'],
    result: ['first', 'second', 'step1', 'inner', 'async second', 'first'],
    calls: [{ step: 'work' }, { step: 'main/near' }],
  },
  {
    name: 'as, satisfies, ! and type arguments around nested steps and their calls',
    source: `type F = (n: number) => Promise<number>;
      export async function main(k = 2) {
        "use workflow";
        const a = (async (n: number) => { "use step"; return n * k; }) as F;
        const b = (async function (n: number) { "use step"; return n + k; } satisfies F)!;
        const c = { run: (async <T,>(n: T) => { "use step"; return [n, k as number]; }) satisfies unknown };
        return [await (a as F)(1), await b!(1), await (c!.run<number>)(1)];
      }`,
    ids: ['step:main/a', 'step:main/b', 'step:main/c/run', 'workflow:main'],
    result: [2, 3, [1, 2]],
    calls: [
      { step: 'main/a', closure: { k: 2 } },
      { step: 'main/b', closure: { k: 2 } },
      { step: 'main/c/run', closure: { k: 2 } },
    ],
  },
  {
    name: 'captures in defaults, also of destructured parameters and computed keys',
    source: `export async function main(unit = 'm', key = 'n', rest = [1]) {
        "use workflow";
        const show = async ({ [key]: n = 3, text = n + unit } = {} as Record<string, any>, [first] = rest) => { "use step"; return text + first; };
        return [await show(), await show({ n: 5 }, [2])];
      }`,
    ids: ['step:main/show', 'workflow:main'],
    result: ['3m1', '5m2'],
    calls: [
      { step: 'main/show', closure: { key: 'n', rest: [1], unit: 'm' } },
      { step: 'main/show', closure: { key: 'n', rest: [1], unit: 'm' } },
    ],
  },
  {
    name: 'captures that are destructured, renamed, defaulted or the rest',
    source: `export async function main({ a: { b }, c: d = 3, ...others } = { a: { b: 1 }, e: 5 } as any, [, f, ...more] = [0, 6, 7]) {
        "use workflow";
        const { [d === 3 ? 'e' : 'x']: e } = others;
        const all = async () => { "use step"; const { b: own } = { b }; return [own, d, e, f, more, Object.keys(others)]; };
        return await all();
      }`,
    ids: ['step:main/all', 'workflow:main'],
    result: [1, 3, 5, 6, [7], ['e']],
    calls: [{ step: 'main/all', closure: { b: 1, d: 3, e: 5, f: 6, more: [7], others: { e: 5 } } }],
  },
  {
    name: 'captures as shorthand properties, in templates, tags, classes and types',
    source: `export async function main(a = 1, b = 'x', tag = 'unused') {
        "use workflow";
        const near = async () => {
          "use step";
          const made = { a, tag: 0 };
          class Local { field = b; static c = a + 1; }
          return [made.a, \`\${b}\`, new Local().field, Local.c, 'q' as typeof tag];
        };
        return await near();
      }`,
    ids: ['step:main/near', 'workflow:main'],
    result: [1, 'x', 'x', 2, 'q'],
    calls: [{ step: 'main/near', closure: { a: 1, b: 'x' } }],
  },
  {
    name: 'directives on one line with the body, and comments before them',
    source: `async function a() { /* first */ "use step"; return 1 } const b = async () => { 'use step'; return 2 }
      export async function main() {
        // the workflow
        'use workflow'
        return (await a()) + (await b()) }`,
    ids: ['step:a', 'step:b', 'workflow:main'],
    result: 3,
    calls: [{ step: 'a' }, { step: 'b' }],
  },
];
