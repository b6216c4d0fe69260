/** One app with every kind of site, spread over files, folders, extensions and a package, which runs one of its workflows. */
export const everySite: Record<string, string> = {
  'package.json': '{ "name": "app", "type": "module", "sideEffects": false }',
  'src/main.ts': `import vm from 'node:vm';
import { inflateRawSync } from 'node:zlib';
import { main } from './flows/main.ts';
import './flows/by-file.mts';
import './default.js';
const registry = (globalThis as any)[Symbol.for('perdure.registry')];
const program = await registry.program();
// What the engine does, in short: the program in a context of its own, its steps on this side.
const context: any = vm.createContext({});
const packed = program.code.split('//# perdureGuest=')[1].split('\\n')[0];
vm.runInContext(inflateRawSync(Buffer.from(packed, 'base64')).toString(), context);
vm.runInContext(program.code, context);
context.guest.run = (call: any) => {
  const step = registry.steps.get(call.id);
  const closure = call.closure && 'self' in call.closure ? { self: new (registry.classes.get('class//src/point//Point'))(call.closure.self.x) } : call.closure;
  return step.fn ? step.fn(...call.args) : step.bind(closure ?? {})(...call.args);
};
const sorted = (ids: Iterable<string>) => [...ids].sort();
const listed = (kind: string) => sorted(program.manifest[kind].map((entry: any) => entry.id));
console.log(JSON.stringify({
  result: await context.guest.workflows.get((main as any).workflowId)(2),
  host: { workflows: sorted(registry.workflows.keys()), steps: sorted(registry.steps.keys()), classes: sorted(registry.classes.keys()) },
  program: { workflows: listed('workflows'), steps: listed('steps'), classes: listed('classes') },
  hash: program.hash,
}));`,
  'src/flows/main.ts': `import { add, later, price } from '../barrel.ts';
import { Point } from '../point.ts';
import { tools } from '../tools.ts';
import { label } from '../label.ts';
import { remote } from 'lib';
import own, { makeStep } from '../default.js';
export async function main(n: number) {
  'use workflow';
  const near = async (m = n) => { 'use step'; return m * 10; };
  const found: number[] = [];
  for (const k of [1, 2]) found.push(await (async () => { 'use step'; return n + k; })());
  async function declared({ by } = { by: n }) { 'use step'; return by; }
  const point = new Point(n);
  return {
    add: await add(n, 1), later: await later(n), price: await price.call(null, n), near: await near(), declared: await declared(),
    found, tools: await tools.weather.execute('x'), deep: await tools.deep.er.run(n), tool: await tools.made.run(n), remote: await remote(n), own: await own(n),
    stat: await Point.zero(), plus: await point.plus(5), double: await point.double, label: label(n), made: await makeStep(7)(),
  };
}`,
  'src/flows/by-file.mts': `'use workflow';
export async function first(): Promise<number> { return 1; }
export const second = async (): Promise<number> => 2;
export default async (): Promise<number> => 3;`,
  'src/barrel.ts': "export * from './steps.ts';",
  'src/steps.ts': `'use step';
export async function add(a: number, b: number): Promise<number> { return a + b; }
export const later = async (n: number): Promise<number> => n + 1;
export const price = async function (n: number): Promise<number> { return n * 3; };`,
  'src/point.ts': `const serialize = Symbol.for('workflow-serialize');
export class Point {
  x: number;
  constructor(x: number) { this.x = x; }
  static [serialize](point: Point) { return { x: point.x }; }
  static [Symbol.for('workflow-deserialize')](data: { x: number }) { return new Point(data.x); }
  static async zero() { 'use step'; return this.name.length * 0; }
  async plus(n: number) { 'use step'; return this.x + n; }
  get double() { 'use step'; return this.x * 2; }
}
export class PointError extends Error { override name = 'PointError'; }`,
  'src/tools.ts': `const tool = <T,>(made: T): T => made;
class Made { run: (n: number) => Promise<number>; constructor({ run }: { run: (n: number) => Promise<number> }) { this.run = run; } }
export const tools = {
  weather: tool({ execute: async (city: string) => { 'use step'; return city + '!'; } }),
  deep: { er: { async run(n: number) { 'use step'; return n - 1; } } },
  made: new Made({ run: (async (n: number) => { 'use step'; return n + 100; }) satisfies (n: number) => Promise<number> }),
};`,
  'src/label.ts': 'export const label = (n: number): string => "label " + n;',
  'src/default.js': `export default async function (n) { 'use step'; return n + 0.5; }
export function makeStep(k) { return async function inner() { 'use step'; return k; }; }
export const Shop = class { static async open() { 'use workflow'; return 'open'; } };`,
  'node_modules/lib/package.json':
    '{ "name": "lib", "version": "9.9.9", "type": "module", "main": "./dist/index.js", "sideEffects": false }',
  'node_modules/lib/dist/index.js': `export async function remote(n) { 'use step'; return n + 1000; }`,
};

/** What the app prints, whatever made it run; the hash is that of the program built from its files. */
export const everySiteOutcome: { result: object; workflows: string[]; steps: string[]; classes: string[] } = {
  result: {
    add: 3,
    later: 3,
    price: 6,
    near: 20,
    declared: 2,
    found: [3, 4],
    tools: 'x!',
    deep: 1,
    tool: 102,
    remote: 1002,
    own: 2.5,
    stat: 0,
    plus: 7,
    double: 4,
    label: 'label 2',
    made: 7,
  },
  workflows: [
    'workflow//src/default//Shop.open',
    'workflow//src/flows/by-file//default',
    'workflow//src/flows/by-file//first',
    'workflow//src/flows/by-file//second',
    'workflow//src/flows/main//main',
  ],
  steps: [
    'step//lib/dist/index//remote',
    'step//src/default//default',
    'step//src/default//makeStep/inner',
    'step//src/flows/main//main/anonymous0',
    'step//src/flows/main//main/declared',
    'step//src/flows/main//main/near',
    'step//src/point//Point#double',
    'step//src/point//Point#plus',
    'step//src/point//Point.zero',
    'step//src/steps//add',
    'step//src/steps//later',
    'step//src/steps//price',
    'step//src/tools//tools/deep/er/run',
    'step//src/tools//tools/made/run',
    'step//src/tools//tools/weather/execute',
  ],
  classes: ['class//src/point//Point', 'class//src/point//PointError'],
};
