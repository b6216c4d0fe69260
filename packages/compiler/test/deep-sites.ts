import type { SiteCase } from './site-case.ts';

/** Sites far inside of expressions, and what they capture there. */
export const deep: SiteCase[] = [
  {
    name: 'members of arguments of `new`, of arrays and of nested calls, at module level',
    source: `class Agent { made: any; constructor(made: any) { this.made = made; } }
      const wrap = <T,>(value: T): T => value;
      const agent = new Agent({ tools: { find: wrap({ execute: async (q: string) => { "use step"; return q + '?'; } }) }, list: [async () => { "use step"; return 'first'; }, { async run() { "use step"; return 'second'; } }] });
      export async function main() { "use workflow"; const { tools, list } = agent.made; return [await tools.find.execute('a'), await list[0](), await list[1].run()]; }`,
    ids: [
      'step:agent/list/anonymous0',
      'step:agent/list/run',
      'step:agent/tools/find/execute',
      'workflow:main',
    ],
    result: ['a?', 'first', 'second'],
    calls: [
      { step: 'agent/tools/find/execute' },
      { step: 'agent/list/anonymous0' },
      { step: 'agent/list/run' },
    ],
  },
  {
    name: 'tools with closures, in arguments of calls and of `new`, in a workflow',
    source: `const tool = <T,>(value: T): T => value;
      class Agent { tools: any; constructor({ tools }: { tools: any }) { this.tools = tools; } }
      export async function main(city = 'Rome') {
        "use workflow";
        const unit = 'C';
        const agent = new Agent({ tools: {
          weather: tool({ description: 'w', execute: async ({ day }: { day: number }) => { "use step"; return city + day + unit; } }),
          plain: { async execute(n: number) { "use step"; return n + unit; } },
        } });
        return [await agent.tools.weather.execute({ day: 1 }), await agent.tools.plain.execute(2)];
      }`,
    ids: ['step:main/agent/tools/plain/execute', 'step:main/agent/tools/weather/execute', 'workflow:main'],
    result: ['Rome1C', '2C'],
    calls: [
      { step: 'main/agent/tools/weather/execute', closure: { city: 'Rome', unit: 'C' } },
      { step: 'main/agent/tools/plain/execute', closure: { unit: 'C' } },
    ],
  },
  {
    name: 'a default export in `satisfies` and parentheses',
    source: `type F = () => Promise<number>;
      async function s() { "use step"; return 4; }
      export default (((async () => { "use workflow"; return await s(); }) satisfies F) as F);`,
    ids: ['step:s', 'workflow:default'],
    workflow: 'default',
    result: 4,
    calls: [{ step: 's' }],
  },
  {
    name: 'members that are assigned, and keys that are numbers, texts and computed',
    source: `const tools: Record<string | number, any> = { 1: async () => { "use step"; return 'one'; }, 'a-b': async () => { "use step"; return 'text'; }, ['c' + 'd']: async () => { "use step"; return 'computed'; } };
      tools.late = async (n: number) => { "use step"; return n; };
      tools['other'] = async function () { "use step"; return 'other'; };
      export async function main() { "use workflow"; return [await tools[1](), await tools['a-b'](), await tools.cd(), await tools.late(5), await tools.other()]; }`,
    ids: [
      'step:tools/1',
      'step:tools/a-b',
      'step:tools/anonymous0',
      'step:tools/late',
      'step:tools/other',
      'workflow:main',
    ],
    result: ['one', 'text', 'computed', 5, 'other'],
    calls: [
      { step: 'tools/1' },
      { step: 'tools/a-b' },
      { step: 'tools/anonymous0' },
      { step: 'tools/late' },
      { step: 'tools/other' },
    ],
  },
  {
    name: 'imports, names of the module and globals, which are not captured',
    source: `import { basename } from 'node:path';
      const ending = '.txt';
      let counter = 0;
      function shorten(path: string) { counter += 1; return basename(path, ending); }
      export async function main(path = '/a/b.txt') {
        "use workflow";
        const near = async () => { "use step"; return [shorten(path), basename(path), typeof process, Math.max(1, counter), globalThis === undefined]; };
        return await near();
      }`,
    ids: ['step:main/near', 'workflow:main'],
    result: ['b', 'b.txt', 'object', 1, false],
    calls: [{ step: 'main/near', closure: { path: '/a/b.txt' } }],
  },
  {
    name: 'variables of every kind of loop, as they are at each call',
    source: `export async function main() {
        "use workflow";
        const found: unknown[] = [];
        for (let i = 0; i < 2; i++) found.push(await (async () => { "use step"; return i; })());
        for (const key in { a: 1 }) { const f = async () => { "use step"; return key; }; found.push(await f()); }
        for (const { x, y: [z] } of [{ x: 1, y: [2] }]) { const g = async () => { "use step"; return x + z; }; found.push(await g()); }
        let n = 0;
        while (n < 2) { n += 1; found.push(await (async () => { "use step"; return n * 10; })()); }
        do { n -= 1; const h = async () => { "use step"; return n; }; found.push(await h()); } while (n > 1);
        return found;
      }`,
    ids: [
      'step:main/anonymous0',
      'step:main/anonymous1',
      'step:main/f',
      'step:main/g',
      'step:main/h',
      'workflow:main',
    ],
    result: [0, 1, 'a', 3, 10, 20, 1],
    calls: [
      { step: 'main/anonymous0', closure: { i: 0 } },
      { step: 'main/anonymous0', closure: { i: 1 } },
      { step: 'main/f', closure: { key: 'a' } },
      { step: 'main/g', closure: { x: 1, z: 2 } },
      { step: 'main/anonymous1', closure: { n: 1 } },
      { step: 'main/anonymous1', closure: { n: 2 } },
      { step: 'main/h', closure: { n: 1 } },
    ],
  },
  {
    name: 'functions in functions in functions, each with variables of its own',
    source: `export async function main(a = 1) {
        "use workflow";
        const outer = async (b: number) => {
          function* middle(c: number) { const inner = async (d: number) => { "use step"; return [a, b, c, d]; }; yield inner; }
          const [inner] = middle(3);
          return await inner!(4);
        };
        return await outer(2);
      }`,
    ids: ['step:main/outer/middle/inner', 'workflow:main'],
    result: [1, 2, 3, 4],
    calls: [{ step: 'main/outer/middle/inner', closure: { a: 1, b: 2, c: 3 } }],
  },
  {
    name: 'steps in conditions, defaults, spreads and templates',
    source: `export async function main(quick = true, given = async () => { "use step"; return 'given'; }) {
        "use workflow";
        const chosen = quick ? async () => { "use step"; return 'quick'; } : async () => { "use step"; return 'slow'; };
        const fallback = null ?? (async () => { "use step"; return 'fallback'; });
        const all = { ...{ part: async () => { "use step"; return quick; } } };
        return [await given(), await chosen(), await fallback(), await all.part(), \`\${await (async () => { "use step"; return 1; })()}\`];
      }`,
    ids: [
      'step:main/all/part',
      'step:main/anonymous0',
      'step:main/chosen/anonymous0',
      'step:main/chosen/anonymous1',
      'step:main/fallback/anonymous0',
      'step:main/given',
      'workflow:main',
    ],
    result: ['given', 'quick', 'fallback', true, '1'],
    calls: [
      { step: 'main/given' },
      { step: 'main/chosen/anonymous0' },
      { step: 'main/fallback/anonymous0' },
      { step: 'main/all/part', closure: { quick: true } },
      { step: 'main/anonymous0' },
    ],
  },
  {
    name: 'steps that call steps and functions of the module, as plain calls',
    source: `const rate = { value: 2 };
      const apply = (n: number) => n * rate.value;
      async function low(n: number) { "use step"; return apply(n); }
      export async function high(n: number) { "use step"; return (await low(n)) + 1; }
      export async function main() { "use workflow"; return await high(10); }`,
    ids: ['step:high', 'step:low', 'workflow:main'],
    result: 21,
    calls: [{ step: 'high' }],
  },
  {
    name: 'optional calls, steps in containers and steps as arguments',
    source: `const steps = { async add(n: number) { "use step"; return n + 1; } } as { add?: (n: number) => Promise<number> };
      async function twice(n: number) { "use step"; return n * 2; }
      const run = async (fn: (n: number) => Promise<number>, n: number) => await fn(n);
      export async function main() {
        "use workflow";
        const table = new Map([['twice', twice]]);
        return [await steps.add?.(1), await steps['add']?.(2), await table.get('twice')?.(3), await run(twice, 4), await Reflect.apply(twice, undefined, [5])];
      }`,
    ids: ['step:steps/add', 'step:twice', 'workflow:main'],
    result: [2, 3, 6, 8, 10],
    calls: [
      { step: 'steps/add' },
      { step: 'steps/add' },
      { step: 'twice' },
      { step: 'twice' },
      { step: 'twice' },
    ],
  },
  {
    name: 'static methods that are inherited, private, computed or use super',
    source: `class Base { static rate = 2; static async price(n: number) { "use step"; return n * this.rate; } static label() { return 'base'; } }
      class Shop extends Base {
        static async #secret(n: number) { "use step"; return n + 100; }
        static async ['com' + 'puted']() { "use step"; return super.label(); }
        static async main() { "use workflow"; return [await Shop.price(1), await Shop.#secret(1), await (Shop as any).computed()]; }
      }
      export { Shop };`,
    ids: ['step:Base.price', 'step:Shop.#secret', 'step:Shop/anonymous0', 'workflow:Shop.main'],
    workflow: 'Shop.main',
    result: [2, 101, 'base'],
    calls: [{ step: 'Base.price' }, { step: 'Shop.#secret' }, { step: 'Shop/anonymous0' }],
  },
  {
    name: 'directives with escapes, other directives around them, and no semicolons',
    source: `async function s() {
        'use strict'
        'use step'
        return 1
      }
      export const main = async function named() {
        "use workflow"
        return await s()
      }`,
    ids: ['step:s', 'workflow:main'],
    result: 1,
    calls: [{ step: 's' }],
  },
];
