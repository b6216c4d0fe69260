import type { SiteCase } from './site-case.ts';

/** Sites inside functions: they are hoisted, with what they capture. */
export const nested: SiteCase[] = [
  {
    name: 'a parameter, a local and a destructured name',
    source: `const base = 1000;
      export async function main({ a } = { a: 1 }, [b] = [20]) {
        "use workflow";
        const c = 300;
        const sum = async (d: number) => { "use step"; return base + a + b + c + d; };
        return await sum(4000);
      }`,
    ids: ['step:main/sum', 'workflow:main'],
    result: 5321,
    calls: [{ step: 'main/sum', closure: { a: 1, b: 20, c: 300 } }],
  },
  {
    name: 'a loop variable, by value at each call',
    source: `export async function main() {
        "use workflow";
        const out: number[] = [];
        let total = 0;
        for (const i of [1, 2]) { total += i; out.push(await add(0)); async function add(n: number) { "use step"; return n + i * total; } }
        return out;
      }`,
    ids: ['step:main/add', 'workflow:main'],
    result: [1, 6],
    calls: [
      { step: 'main/add', closure: { i: 1, total: 1 } },
      { step: 'main/add', closure: { i: 2, total: 3 } },
    ],
  },
  {
    name: 'a hoisted declaration, called above where it stands',
    source: `export async function main(n = 2) {
        "use workflow";
        return await late(n);
        async function late(x: number) { "use step"; return x > 9 ? x + n : late(x * 4); }
      }`,
    ids: ['step:main/late', 'workflow:main'],
    result: 34,
    calls: [{ step: 'main/late', closure: { n: 2 } }],
  },
  {
    name: 'a default parameter that uses an outer name',
    source: `export async function main(unit = 'm') {
        "use workflow";
        const show = async (n: number, suffix = unit) => { "use step"; return n + suffix; };
        return await show(3);
      }`,
    ids: ['step:main/show', 'workflow:main'],
    result: '3m',
    calls: [{ step: 'main/show', closure: { unit: 'm' } }],
  },
  {
    name: 'names that are shadowed are not captured',
    source: `export async function main(x = 1, y = 2) {
        "use workflow";
        const f = async (x: number) => { "use step"; const { y } = { y: 5 }; { const z = y; return x + z; } };
        return (await f(10)) + x + y;
      }`,
    ids: ['step:main/f', 'workflow:main'],
    result: 18,
    calls: [{ step: 'main/f' }],
  },
  {
    name: 'tools in call arguments, made by a function that is no workflow',
    source: `const tool = <T,>(t: T): T => t;
      function makeTools(key: string) {
        return { weather: tool({ execute: async (city: string) => { "use step"; return city + key; } }), async other() { "use step"; return key; } };
      }
      export async function main() { "use workflow"; const t = makeTools('#'); return (await t.weather.execute('Rome')) + (await t.other()); }`,
    ids: ['step:makeTools/other', 'step:makeTools/weather/execute', 'workflow:main'],
    result: 'Rome##',
    calls: [
      { step: 'makeTools/weather/execute', closure: { key: '#' } },
      { step: 'makeTools/other', closure: { key: '#' } },
    ],
  },
  {
    name: 'callbacks and functions called where they stand',
    source: `export async function main(k = 3) {
        "use workflow";
        const all = await Promise.all([1, 2].map(async (n) => { "use step"; return n * k; }));
        const one = await (async () => { "use step"; return k; })();
        const two = await (async function () { "use step"; return k + 1; }).call(null);
        return [...all, one, two];
      }`,
    ids: [
      'step:main/all/anonymous0',
      'step:main/one/anonymous0',
      'step:main/two/anonymous0',
      'workflow:main',
    ],
    result: [3, 6, 3, 4],
    calls: [
      { step: 'main/all/anonymous0', closure: { k: 3 } },
      { step: 'main/all/anonymous0', closure: { k: 3 } },
      { step: 'main/one/anonymous0', closure: { k: 3 } },
      { step: 'main/two/anonymous0', closure: { k: 3 } },
    ],
  },
  {
    name: 'declarations in a switch',
    source: `export async function main(k = 1) {
        "use workflow";
        switch (k) { case 1: return await s(); case 2: async function s() { "use step"; return k; } }
      }`,
    ids: ['step:main/s', 'workflow:main'],
    result: 1,
    calls: [{ step: 'main/s', closure: { k: 1 } }],
  },
  {
    name: 'a block at module level',
    source: `let held: () => Promise<number>;
      { const k = 4; held = async () => { "use step"; return k; }; }
      export async function main() { "use workflow"; return await held(); }`,
    ids: ['step:held', 'workflow:main'],
    result: 4,
    calls: [{ step: 'held', closure: { k: 4 } }],
  },
  {
    name: 'a step inside a step',
    source: `const unit = '%';
      async function outer(n: number) {
        "use step";
        const inner = async () => { "use step"; return n + unit; };
        return await inner();
      }
      export async function main() { "use workflow"; return await outer(7); }`,
    ids: ['step:outer', 'step:outer/inner', 'workflow:main'],
    result: '7%',
    calls: [{ step: 'outer' }],
  },
  {
    name: 'variables of catch clauses, classes and functions around it',
    source: `export async function main(p = 1) {
        "use workflow";
        class Box { static make(q: number) { return async () => { "use step"; return p + q; }; } }
        try { throw { code: 20 }; } catch ({ code }) {
          const report = async function () { "use step"; return code + p; };
          return [await report(), await Box.make(300)()];
        }
      }`,
    ids: ['step:main/Box.make/anonymous0', 'step:main/report', 'workflow:main'],
    result: [21, 301],
    calls: [
      { step: 'main/report', closure: { code: 20, p: 1 } },
      { step: 'main/Box.make/anonymous0', closure: { p: 1, q: 300 } },
    ],
  },
  {
    name: 'tools without names of their own are numbered',
    source: `const tool = <T,>(t: T): T => t;
      export async function main() {
        "use workflow";
        const [a, b] = [tool({ execute: async () => { "use step"; return 1; } }), tool({ execute: async () => { "use step"; return 2; } })];
        return [await a.execute(), await b.execute()];
      }`,
    ids: ['step:main/execute', 'step:main/execute1', 'workflow:main'],
    result: [1, 2],
    calls: [{ step: 'main/execute' }, { step: 'main/execute1' }],
  },
  {
    name: 'steps that call each other',
    source: `export async function main(a = 1, b = 20) {
        "use workflow";
        const add = async (n: number) => { "use step"; return n + a; };
        async function both(n: number): Promise<number> { "use step"; return n > 100 ? n : await last((await add(n)) + b); }
        async function last(n: number) { "use step"; return await both(n * 10); }
        return await both(0);
      }`,
    ids: ['step:main/add', 'step:main/both', 'step:main/last', 'workflow:main'],
    result: 210,
    calls: [{ step: 'main/both', closure: { a: 1, b: 20 } }],
  },
];
