import type { SiteCase } from './site-case.ts';

const point = `class Point {
    x: number;
    constructor(x: number) { this.x = x; }
    static [Symbol.for('workflow-serialize')](point: Point) { return { x: point.x }; }
    static [Symbol.for('workflow-deserialize')](data: { x: number }) { return new this(data.x); }`;

/** Steps that are methods and getters of instances: `this` crosses as `self`. */
export const instanceLevel: SiteCase[] = [
  {
    name: 'instance methods of a class that crosses',
    source: `${point}
        async plus(n: number, ...more: number[]) { 'use step'; return this.x + n + more.length; }
      }
      export async function main() { 'use workflow'; const p = new Point(1); return [await p.plus(10), await p.plus(20, 1, 1)]; }`,
    ids: ['step:Point#plus', 'workflow:main'],
    result: [11, 23],
    calls: [
      { step: 'Point#plus', closure: { self: { x: 1 } } },
      { step: 'Point#plus', closure: { self: { x: 1 } } },
    ],
  },
  {
    name: 'methods of instances that are called, applied, bound and taken from what has them',
    source: `${point}
        async plus(n: number) { 'use step'; return this.x + n; }
      }
      export async function main() {
        'use workflow';
        const one = new Point(1), two = new Point(2);
        const { plus } = one;
        const bound = two.plus.bind(one, 30);
        const holder = { x: 7, bound };
        return [await one.plus.call(two, 10), await Point.prototype.plus.apply(one, [20]), await bound(), await holder.bound(), await plus(40)];
      }`,
    ids: ['step:Point#plus', 'workflow:main'],
    result: [12, 21, 31, 31, 41],
    calls: [
      { step: 'Point#plus', closure: { self: { x: 2 } } },
      { step: 'Point#plus', closure: { self: { x: 1 } } },
      { step: 'Point#plus', closure: { self: { x: 1 } } },
      { step: 'Point#plus', closure: { self: { x: 1 } } },
      { step: 'Point#plus', closure: { self: { x: 1 } } },
    ],
  },
  {
    name: 'getters of instances',
    source: `${point}
        get double() { 'use step'; return this.x * 2; }
        get ['tri' + 'ple']() { 'use step'; return this.x * 3; }
      }
      export async function main() { 'use workflow'; const p = new Point(5); return [await p.double, await (p as any).triple]; }`,
    ids: ['step:Point#double', 'step:Point/anonymous0', 'workflow:main'],
    result: [10, 15],
    calls: [
      { step: 'Point#double', closure: { self: { x: 5 } } },
      { step: 'Point/anonymous0', closure: { self: { x: 5 } } },
    ],
  },
  {
    name: 'methods under a literal or computed key, and the module names they use',
    source: `const base = 1000;
      const key = 'computed';
      ${point}
        async 'with-dash'() { 'use step'; return this.x + base; }
        async [key]() { 'use step'; return this.x - base; }
      }
      export async function main() { 'use workflow'; const p = new Point(1); return [await p['with-dash'](), await (p as any)[key]()]; }`,
    ids: ['step:Point#with-dash', 'step:Point/anonymous0', 'workflow:main'],
    result: [1001, -999],
    calls: [
      { step: 'Point#with-dash', closure: { self: { x: 1 } } },
      { step: 'Point/anonymous0', closure: { self: { x: 1 } } },
    ],
  },
  {
    name: 'methods that override a step and call it as super',
    source: `${point}
        async show() { 'use step'; return 'point ' + this.x; }
      }
      class Named extends Point {
        async show() { 'use step'; return 'named ' + (await super.show()); }
        async both() { return [await super.show(), await this.show()]; }
      }
      export async function main() { 'use workflow'; return await new Named(7).both(); }`,
    ids: ['step:Named#show', 'step:Point#show', 'workflow:main'],
    result: ['point 7', 'named point 7'],
    calls: [
      { step: 'Point#show', closure: { self: { x: 7 } } },
      { step: 'Named#show', closure: { self: { x: 7 } } },
    ],
  },
  {
    name: 'steps inside an instance method, which capture its variables',
    source: `${point}
        async sum(n: number) { const { x } = this; return await add(1); async function add(m: number) { 'use step'; return x + n + m; } }
      }
      export async function main() { 'use workflow'; return await new Point(100).sum(10); }`,
    ids: ['step:Point#sum/add', 'workflow:main'],
    result: 111,
    calls: [{ step: 'Point#sum/add', closure: { n: 10, x: 100 } }],
  },
  {
    name: 'a default class without a name, with static blocks around its sites',
    source: `let count = 0;
      export default class {
        static { count += 1; }
        static async work() { 'use step'; return 'work'; }
        static { count += 10; }
        static async main() { 'use workflow'; return [await this.work(), count]; }
        static { count += 100; }
      }`,
    ids: ['step:default.work', 'workflow:default.main'],
    workflow: 'default.main',
    result: ['work', 111],
    calls: [{ step: 'default.work' }],
  },
  {
    name: 'a class expression that crosses, with a name of its own',
    source: `export const Outer = class Inner {
        x = 1;
        static [Symbol.for('workflow-serialize')]({ x }: Inner) { return { x }; }
        static [Symbol.for('workflow-deserialize')]() { return new Inner(); }
        async read(): Promise<number> { 'use step'; return this.x; }
        static { Inner.made = new Inner(); }
        static made: Inner;
      };
      export async function main() { 'use workflow'; return await Outer.made?.read() ?? await new Outer().read(); }`,
    ids: ['step:Outer#read', 'workflow:main'],
    result: 1,
    calls: [{ step: 'Outer#read', closure: { self: { x: 1 } } }],
  },
];
