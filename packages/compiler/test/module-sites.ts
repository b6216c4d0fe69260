import type { SiteCase } from './site-case.ts';

const twice = 'return await double(await double(3));';

/** Sites whose steps are at module level: nothing is captured. */
export const moduleLevel: SiteCase[] = [
  {
    name: 'function declarations',
    source: `export async function main() { "use workflow"; ${twice} }
      export async function double(n: number) { "use step"; return n * 2; }`,
    ids: ['step:double', 'workflow:main'],
    result: 12,
    calls: [{ step: 'double' }, { step: 'double' }],
  },
  {
    name: 'declarations used above where they stand',
    source: `const tools = { double };
      async function double(n: number) { 'use step'; return n * 2; }
      export async function main() { 'use workflow'; return await tools.double(3); }`,
    ids: ['step:double', 'workflow:main'],
    result: 6,
    calls: [{ step: 'double' }],
  },
  {
    name: 'const, let and var with arrows and function expressions',
    source: `const a = async (n: number) => { "use step"; return n + 1; };
      let b = async function (n: number) { "use step"; return n + 10; };
      var c = async function named(n: number): Promise<number> { "use step"; return n > 500 ? n : named(n + 600); };
      export const main = async () => { "use workflow"; return (await a(0)) + (await b(0)) + (await c(0)); };`,
    ids: ['step:a', 'step:b', 'step:c', 'workflow:main'],
    result: 611,
    calls: [{ step: 'a' }, { step: 'b' }, { step: 'c' }],
  },
  {
    name: 'exports under another name',
    source: `async function inside() { "use step"; return 'x'; }
      async function main() { "use workflow"; return await inside(); }
      export { inside as outside, main as flow };`,
    ids: ['step:inside', 'workflow:main'],
    result: 'x',
    calls: [{ step: 'inside' }],
  },
  {
    name: 'a named default export',
    source: `async function s() { "use step"; return 1; }
      export default async function flow() { "use workflow"; return await s(); }`,
    ids: ['step:s', 'workflow:flow'],
    workflow: 'flow',
    result: 1,
    calls: [{ step: 's' }],
  },
  {
    name: 'an anonymous default function',
    source: `async function s() { "use step"; return 1; }
      export default async function () { "use workflow"; return await s(); }`,
    ids: ['step:s', 'workflow:default'],
    workflow: 'default',
    result: 1,
    calls: [{ step: 's' }],
  },
  {
    name: 'an anonymous default arrow',
    source: `async function s() { "use step"; return 1; }
      export default async () => { "use workflow"; return await s(); }`,
    ids: ['step:s', 'workflow:default'],
    workflow: 'default',
    result: 1,
    calls: [{ step: 's' }],
  },
  {
    name: 'a directive at the top of the file',
    source: `"use step";
      export type Pair = [number, number];
      export const one = async () => 1;
      export async function two() { return 2; }
      async function helper() { return 3; }
      async function main() { "use workflow"; return [await one(), await two(), await helper()]; }
      export { main };`,
    ids: ['step:one', 'step:two', 'workflow:main'],
    result: [1, 2, 3],
    calls: [{ step: 'one' }, { step: 'two' }],
  },
  {
    name: 'a directive of workflows at the top of the file, on functions without braces',
    source: `'use workflow';
      async function s() { 'use step'; return 1; }
      const rest = async () => ({ a: await s() });
      export const one = async (): Promise<number> => 1, main = async (n = 2) => [n, await one(), await rest()];`,
    ids: ['step:s', 'workflow:main', 'workflow:one'],
    result: [2, 1, { a: 1 }],
    calls: [{ step: 's' }],
  },
  {
    name: 'object properties and methods, at any depth',
    source: `const steps = {
        add: async (n: number) => { "use step"; return n + 1; },
        async sub(n: number) { "use step"; return n - 1; },
        'more-of-it': { mul: async function (n: number) { "use step"; return n * 3; } },
      };
      export const flows = {
        async main() { "use workflow"; return await steps['more-of-it'].mul(await steps.sub(await steps.add(4))); },
      };`,
    ids: ['step:steps/add', 'step:steps/more-of-it/mul', 'step:steps/sub', 'workflow:flows/main'],
    workflow: 'flows/main',
    result: 12,
    calls: [{ step: 'steps/add' }, { step: 'steps/sub' }, { step: 'steps/more-of-it/mul' }],
  },
  {
    name: 'static methods, which may use their class',
    source: `class Shop {
        static #price = 7;
        static async price() { "use step"; return this.#price; }
        static async main() { "use workflow"; return await Shop.price(); }
      }
      export { Shop };`,
    ids: ['step:Shop.price', 'workflow:Shop.main'],
    workflow: 'Shop.main',
    result: 7,
    calls: [{ step: 'Shop.price' }],
  },
  {
    name: 'class expressions and static properties',
    source: `const Shop = class { static async a() { "use step"; return 'a'; } static b = async () => { "use step"; return 'b'; } };
      export async function main() { "use workflow"; return (await Shop.a()) + (await Shop.b()); }`,
    ids: ['step:Shop.a', 'step:Shop.b', 'workflow:main'],
    result: 'ab',
    calls: [{ step: 'Shop.a' }, { step: 'Shop.b' }],
  },
  {
    name: 'call arguments at module level',
    source: `const tool = <T,>(t: T): T => t;
      const weather = tool({ name: 'w', execute: async (city: string) => { "use step"; return city + '!'; } });
      export async function main() { "use workflow"; return await weather.execute('Rome'); }`,
    ids: ['step:weather/execute', 'workflow:main'],
    result: 'Rome!',
    calls: [{ step: 'weather/execute' }],
  },
  {
    name: 'as, satisfies, parentheses and !',
    source: `const a = (async () => { "use step"; return 1; }) as () => Promise<number>;
      const b = (async () => { "use step"; return 2; }) satisfies () => Promise<number>;
      export const main = (async () => { "use workflow"; return (await a!()) + (await b()); })!;`,
    ids: ['step:a', 'step:b', 'workflow:main'],
    result: 3,
    calls: [{ step: 'a' }, { step: 'b' }],
  },
  {
    name: 'a step that is not async',
    source: `function now() { "use step"; return 5; }
      export async function main() { "use workflow"; return await now(); }`,
    ids: ['step:now', 'workflow:main'],
    result: 5,
    calls: [{ step: 'now' }],
  },
];
