import { expect, test } from 'vitest';
import { load, plain, run, temporaryApp } from './temporary-app.ts';

/** A database driver that has side effects and needs a socket, like `pg`. */
const driver = {
  'node_modules/driver/package.json': '{ "name": "driver", "main": "index.js" }',
  'node_modules/driver/index.js':
    'const net = require("net"); globalThis.driverLoaded = true; exports.Pool = class { constructor() { net.connect(1); } };',
};

test('what only steps use vanishes, with its imports and side effects', async () => {
  const app = temporaryApp({
    ...driver,
    'app.ts': `import { Pool } from 'driver';
      import { readFileSync } from 'node:fs';
      import './side-effect.ts';
      const pool = new Pool(), answer = 42;
      const config = JSON.parse(readFileSync('config.json', 'utf8'));
      export const db = new Pool();
      export { pool };
      process.on('exit', () => pool.end());
      await db.connect();
      async function query(q: string) { "use step"; return pool.query(q, config); }
      query.retryIf = (error: unknown) => error instanceof Pool;
      export async function main() { "use workflow"; await query('select'); return answer; }`,
    'side-effect.ts': 'globalThis.sideEffect = true;',
  });
  const program = await app.build('app.ts');
  for (const gone of ['driver', 'pool', 'config', 'sideEffect', 'process', 'node:']) {
    expect(program.code.split('//# source')[0]).not.toContain(gone);
  }
  expect(await run(load(program), 'workflow//app//main')).toBe(42);
});

test('what acts on live data stays', async () => {
  const app = temporaryApp({
    'app.ts': `const cache = new Map<string, number>();
      const seeds: Record<string, number> = {};
      Object.assign(seeds, { b: 2 });
      function seed(map: Map<string, number>) { map.set('c', 3); }
      cache.set('a', 1);
      seed(cache);
      for (const [key, value] of Object.entries(seeds)) cache.set(key, value);
      ['d', 'e'].forEach((key) => cache.set(key, 4));
      let config: { f: number } | undefined;
      function load() { config = { f: 5 }; }
      function prepare() { load(); }
      prepare();
      (() => { cache.set('g', config!.f); })();
      export async function s() { "use step" }
      s.maxRetries = 5;
      export async function main() { "use workflow"; await s(); return [...cache, config!.f]; }`,
  });
  const state = load(await app.build('app.ts'));
  expect(plain(await run(state, 'workflow//app//main'))).toEqual([
    ['a', 1],
    ['c', 3],
    ['b', 2],
    ['d', 4],
    ['e', 4],
    ['g', 5],
    5,
  ]);
  expect(state.calls[0]?.maxRetries).toBe(5);
});

test('a server or a start in the file of a workflow is no part of the program', async () => {
  const app = temporaryApp({
    ...driver,
    'app.ts': `import { Pool } from 'driver';
      import { start } from 'perdure/api';
      const app = new Pool();
      export async function main() { "use workflow"; return 1; }
      app.get('/', () => start(main));
      app.listen(3000);
      const run = await start(main, []);
      console.log(await run.returnValue);
      if (process.argv[2] === 'now') await main();
      main().catch(console.error);
      async function script() { const run = await start(main); app.stop(run); }
      script();
      (async () => { await script(); })();
      export default { fetch: app.fetch };`,
  });
  const program = await app.build('app.ts');
  expect(program.code).not.toContain('driver');
  expect(await run(load(program), 'workflow//app//main')).toBe(1);
});

test('a file of steps gives proxies, and the plain exports that workflows use', async () => {
  const app = temporaryApp({
    ...driver,
    'steps.ts': `import { Pool } from 'driver';
      const pool = new Pool();
      export const db = pool;
      export const unit = 'kg', other = pool.other;
      export enum Size { Small = 1, Large = 2 }
      export function label(n: number) { return n + unit; }
      export function raw() { return pool; }
      export async function weigh(n: number) { "use step"; return pool.weigh(n); }`,
    'index.ts': `export { weigh as measure, label } from './steps.ts'; export * as everything from './steps.ts';`,
    'app.ts': `import { label, measure } from './index.ts';
      import * as steps from './steps.ts';
      export async function main() { "use workflow"; await measure(1); return label(steps.Size.Large) + steps.unit; }`,
  });
  const program = await app.build('app.ts');
  expect(program.code.split('//# source')[0]).not.toContain('driver');
  const state = load(program);
  expect(await run(state, 'workflow//app//main')).toBe('2kgkg');
  expect(state.calls.map(({ id }) => id)).toEqual(['step//steps//weigh']);
});

test('types keep nothing alive', async () => {
  const app = temporaryApp({
    ...driver,
    'app.ts': `import { Pool, type Other } from 'driver';
      import type * as Everything from 'driver';
      const pool = new Pool();
      type Result = ReturnType<typeof pool.query>;
      interface Row { pool: Pool; all: Everything.X; other: Other }
      export async function main(rows: Row[], last?: typeof pool): Promise<Result> { "use workflow"; return rows.length as Result; }`,
  });
  const program = await app.build('app.ts');
  expect(program.code.split('//# source')[0]).not.toContain('driver');
  expect(await run(load(program), 'workflow//app//main', [1, 2])).toBe(2);
});

test('a module that only mentions a directive is an ordinary module', async () => {
  const app = temporaryApp({
    'log.ts': `// "use step" is not used here
      export const lines: string[] = [];
      lines.push('loaded');
      globalThis.effect = "'use step'";`,
    'app.ts': `import { lines } from './log.ts';
      export async function main() { "use workflow"; return lines[0] + (globalThis as any).effect; }`,
  });
  expect(await run(load(await app.build('app.ts')), 'workflow//app//main')).toBe("loaded'use step'");
});
