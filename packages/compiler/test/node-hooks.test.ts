import nodeModule from 'node:module';
import { expect, test } from 'vitest';
import { installNodeHooks } from '../src/index.ts';
import { runHooked } from './run-node.ts';
import { guest, temporaryApp } from './temporary-app.ts';

const report = `
const registry = (globalThis as any)[Symbol.for('perdure.registry')];
const print = (value: unknown) => console.log(JSON.stringify(value));`;

test('an error in a step of a TypeScript file shows its original file and line', async () => {
  const app = temporaryApp({
    'main.ts': `${report}
import { fails, flow } from './steps.ts';
const stacks: string[] = [];
for (const step of registry.steps.values()) {
  await (step.fn ?? step.bind({ at: 1 }))({ n: 1 }).catch((error: Error) => stacks.push(error.stack!.split('\\n')[1]!));
}
print({ stacks: stacks.sort(), called: await flow(1).catch((error: any) => error.code) });`,
    'steps.ts': `interface Input { n: number }

export const fails = async <T extends Input>(input: T): Promise<never> => {
  'use step';
  const copy: Input = { ...input };
  throw new Error('no ' + copy.n);
};

export async function flow(at: number) {
  'use workflow';
  const inner = async (): Promise<void> => {
    'use step';
    throw new Error('at ' + at);
  };
  await inner();
}`,
  });
  expect(await runHooked(app, 'main.ts')).toEqual({
    stacks: [expect.stringContaining('steps.ts:6:9'), expect.stringContaining('steps.ts:13:11')],
    called: 'WORKFLOW_CALLED_DIRECTLY',
  });
});

test('the program holds the files loaded so far, and is built again when one changes', async () => {
  const app = temporaryApp({
    'main.ts': `${report}
import { writeFileSync } from 'node:fs';
const first = await registry.program();
const again = await registry.program();
await import('./b.ts');
const more = await registry.program();
writeFileSync(new URL('./helper.ts', import.meta.url), 'export const answer = 43 + 100000;');
const edited = await registry.program();
print({ same: first === again, ids: more.manifest.workflows.map((w: any) => w.id), hashes: new Set([first.hash, more.hash, edited.hash]).size, files: [...registry.files].length });
import './a.ts';`,
    'a.ts':
      'import { answer } from "./helper.ts"; export async function a() { "use workflow"; return answer; }',
    'b.ts': 'export async function b() { "use workflow"; return 2; }',
    'helper.ts': 'export const answer = 42;',
  });
  expect(await runHooked(app, 'main.ts')).toEqual({
    same: true,
    ids: ['workflow//a//a', 'workflow//b//b'],
    hashes: 3,
    files: 2,
  });
});

test('a workflow that fails to build is built again once it is mended', async () => {
  const app = temporaryApp({
    'main.ts': `${report}
import './a.ts';
import { writeFileSync } from 'node:fs';
const error = await registry.program().catch((error: any) => error.code);
writeFileSync(new URL('./a.ts', import.meta.url), 'export async function a() { "use workflow"; return 1; }');
print({ error, workflows: (await registry.program()).manifest.workflows.length });`,
    'a.ts': 'import { cpus } from "node:os"; export async function a() { "use workflow"; return cpus(); }',
  });
  expect(await runHooked(app, 'main.ts')).toEqual({ error: 'BUILTIN_IN_WORKFLOW', workflows: 1 });
});

test('TypeScript that Node does not strip, JSX and CommonJS load as well', async () => {
  const app = temporaryApp({
    'package.json': '{ "name": "app" }',
    'main.mts': `${report}
import { Size, s } from './enum.ts';
import { view } from './view.tsx';
import common from './common.cjs';
print({ size: Size.Large, ran: await s(), view: view(), common: await common.c(), ids: [...registry.steps.keys()].sort() });`,
    'enum.ts': `export enum Size { Small, Large }
export class P { constructor(public n: number) {} }
export async function s() { "use step"; return new P(3).n; }`,
    'view.tsx': `/** @jsxRuntime classic */
const React = { createElement: (...all: unknown[]) => all };
export const view = () => <b>hi</b>;
export async function v() { "use step"; return view(); }`,
    'common.cjs': 'async function c() { "use step"; return 4; } module.exports = { c };',
  });
  expect(await runHooked(app, 'main.mts')).toEqual({
    size: 1,
    ran: 3,
    view: ['b', null, 'hi'],
    common: 4,
    ids: ['step//common//c', 'step//enum//s', 'step//view//v'],
  });
});

test('specifiers that do not resolve can be given files', async () => {
  const app = temporaryApp({
    'main.ts': `${report}\nimport { step } from 'perdure';\nprint(typeof step);`,
  });
  const packages = { perdure: `file://${guest.entry}` };
  expect(await runHooked(app, 'main.ts', { packages })).toBe('function');
});

test('circular imports and hoisting work as without directives', async () => {
  const app = temporaryApp({
    'main.ts': `${report}\nimport { a } from './a.ts';\nprint([await a(), registry.steps.size]);`,
    'a.ts': `import { early } from './b.ts';
export async function a() { "use step"; return early; }`,
    'b.ts': `import { a } from './a.ts';
export const early = [typeof a, (a as any).stepId ?? 'not yet', b.name, (b as any).stepId];
function b() { "use step"; }`,
  });
  expect(await runHooked(app, 'main.ts')).toEqual([['function', 'not yet', 'b', 'step//b//b'], 2]);
});

test('a Node that is too old for it is told so', () => {
  const { registerHooks } = nodeModule;
  nodeModule.registerHooks = undefined as never;
  try {
    expect(() => installNodeHooks({ guest })).toThrow(
      expect.objectContaining({ code: 'HOOKS_MISSING', message: expect.stringContaining(process.version) }),
    );
  } finally {
    nodeModule.registerHooks = registerHooks;
  }
});
