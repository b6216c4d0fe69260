import { expect, test } from 'vitest';
import { load, run, temporaryApp } from './temporary-app.ts';

const endless: [name: string, code: string][] = [
  ['while', 'while (true) {}'],
  ['while without braces', 'while (true) 1;'],
  ['while without a body', 'while (true);'],
  ['for', 'for (;;) {}'],
  ['for that awaits', 'for (;;) await null;'],
  ['do', 'do { } while (true)'],
  ['do without braces', 'do 1\nwhile (true)'],
  ['for of', 'for (const _ of (function* () { for (;;) yield 1; })()) {}'],
  ['for await', 'for await (const _ of (async function* () { for (;;) yield 1; })()) {}'],
  ['recursion', 'const f = async () => { await null; return f(); }; await f();'],
  ['an arrow without braces', 'const f = async () => (await null, f()); await f();'],
  ['a labelled loop', 'a: while (true) b: while (true) continue a;'],
  [
    'a constructor and a getter',
    'class A { constructor() { while (true); } get x() { for (;;) 1; } } new A().x;',
  ],
];

test.each(endless)('endless code is stopped: %s', async (_, code) => {
  const app = temporaryApp({ 'app.ts': `export async function main() { "use workflow"; ${code} }` });
  const state = load(await app.build('app.ts'));
  state.budget = 5_000;
  await expect(run(state, 'workflow//app//main')).rejects.toThrow('budget exhausted');
});

test.each(endless)('endless code in a library is stopped: %s', async (_, code) => {
  const app = temporaryApp({
    'node_modules/lib/package.json': '{ "name": "lib", "type": "module", "main": "index.js" }',
    'node_modules/lib/index.js': `export async function spin() { ${code} }`,
    'app.ts': 'import { spin } from "lib"; export async function main() { "use workflow"; await spin(); }',
  });
  const state = load(await app.build('app.ts'));
  state.budget = 5_000;
  await expect(run(state, 'workflow//app//main')).rejects.toThrow('budget exhausted');
});

test('code that counts gives the same results as before', async () => {
  const app = temporaryApp({
    'app.ts': `const object = () => ({ a: [1, 2] });
      const curry = (a: number) => (b: number) => (c: number) => a + b + c;
      const late = () => () => object();
      class P { constructor(readonly n: number) {} }
      class Q extends P { constructor() { super(4); } get twice() { return this.n * 2; } static of = () => new Q(); }
      function strict() { 'use strict'; return this === undefined; }
      export async function main() {
        "use workflow";
        const out: unknown[] = [object(), curry(1)(2)(3), late()(), Q.of().twice, strict()];
        let n = 0;
        do n++
        while (n < 3)
        for (const key in { x: 1 }) if (key === 'x') out.push(key); else out.push('no');
        outer: for (let i = 0; i < 3; i++) for (const j of [1, 2]) { if (j === 2) continue outer; out.push(i * j); }
        while (n-- > 0) out.push(...(() => [n])());
        return JSON.stringify(out);
      }`,
  });
  const result = await run(load(await app.build('app.ts')), 'workflow//app//main');
  expect(result).toBe('[{"a":[1,2]},6,{"a":[1,2]},8,true,"x",0,1,2,2,1,0]');
});

test('async code weighs more, and the guest runtime nothing', async () => {
  const app = temporaryApp({
    'app.ts': `export async function main() { "use workflow"; for (let i = 0; i < 10; i++) {} for (let i = 0; i < 10; i++) await null; }`,
  });
  const state = load(await app.build('app.ts'));
  state.budget = 1_000;
  await run(state, 'workflow//app//main');
  expect(1_000 - state.budget).toBe(20 + 10 + 200);
});
