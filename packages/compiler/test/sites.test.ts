import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, test } from 'vitest';
import { discover, transformHost } from '../src/index.ts';
import { calls } from './call-sites.ts';
import { instanceLevel } from './class-sites.ts';
import { deep } from './deep-sites.ts';
import { moduleLevel } from './module-sites.ts';
import { nested } from './nested-sites.ts';
import type { SiteCase } from './site-case.ts';
import { load, plain, run, type StepCall, temporaryApp } from './temporary-app.ts';

interface Step {
  fn?: (...args: unknown[]) => unknown;
  bind?: (closure: object) => (...args: unknown[]) => unknown;
}

interface HostRegistry {
  steps: Map<string, Step>;
  workflows: Map<string, { id: string; name: string; file: string }>;
}

/** Loads host output with a registry of its own, and gives the module and what it registered. */
async function loadHost(
  source: string,
): Promise<{ exports: Record<string, unknown>; registry: HostRegistry }> {
  const key = Symbol.for('perdure.registry');
  const scope = globalThis as { [key]?: HostRegistry };
  const registry: HostRegistry = { steps: new Map(), workflows: new Map() };
  const before = scope[key];
  scope[key] = registry;
  try {
    const result = transformHost(source, { file: '/app/src/app.ts', root: '/app' });
    const code = stripTypeScriptTypes(result?.code ?? '');
    const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}#${Math.random()}`;
    return { exports: await import(/* @vite-ignore */ url), registry };
  } finally {
    scope[key] = before;
  }
}

/** Runs a step the way the engine does: by id, with what was captured. */
function runStep({ steps }: HostRegistry, call: StepCall): unknown {
  const step = steps.get(call.id);
  if (!step) throw new Error(`no step ${call.id}`);
  return step.fn ? step.fn(...call.args) : step.bind?.(call.closure ?? {})(...call.args);
}

const idOf = (short: string) => short.replace(':', '//src/app//');

describe.each([...moduleLevel, ...instanceLevel, ...nested, ...deep, ...calls])('$name', (site: SiteCase) => {
  test('has the same ids for host and program', async () => {
    const host = transformHost(site.source, { file: '/app/src/app.ts', root: '/app' });
    expect(host?.sites.map(({ id }) => id).sort()).toEqual(site.ids.map(idOf));
    const { registry } = await loadHost(site.source);
    expect([...registry.steps.keys(), ...registry.workflows.keys()].sort()).toEqual(site.ids.map(idOf));
  });

  test('runs in the program, with its steps on the host', async () => {
    const app = temporaryApp({ 'src/app.ts': site.source });
    const { registry } = await loadHost(site.source);
    const program = await app.build('src/app.ts');
    const { workflows, steps } = program.manifest;
    expect([...steps, ...workflows].map(({ id }) => id).sort()).toEqual(site.ids.map(idOf));
    // The manifest is the same from the sources alone, as `perdure check` reads them.
    const found = discover({ root: app.root });
    expect(found).toMatchObject({ workflows, steps, diagnostics: [] });
    const lines = site.source.split('\n');
    for (const { line } of [...workflows, ...steps])
      expect(lines[line - 1]).toMatch(/async|function|=>|get /);
    const state = load(program);
    state.run = (call) => runStep(registry, call);
    const result = await run(state, idOf(`workflow:${site.workflow ?? 'main'}`));
    expect(plain(result)).toEqual(site.result);
    expect(plain(state.calls.map(({ id, closure }) => ({ id, closure })))).toEqual(
      site.calls.map(({ step, closure }) => plain({ id: idOf(`step:${step}`), closure })),
    );
  });
});

test('on the host, a workflow called directly throws and says to use start', async () => {
  const { exports } = await loadHost('export async function greet(name) { "use workflow"; return name; }');
  const greet = exports.greet as ((name: string) => Promise<unknown>) & { workflowId: string };
  await expect(greet('Ada')).rejects.toMatchObject({
    name: 'ContextError',
    code: 'WORKFLOW_CALLED_DIRECTLY',
  });
  await expect(greet('Ada')).rejects.toThrow('start(greet');
  expect(greet.workflowId).toBe('workflow//src/app//greet');
  expect(Object.keys(greet)).toEqual([]);
});

test('on the host, a step called directly is a plain call, with its id on the function', async () => {
  const { exports, registry } = await loadHost(`
    export const add = async (a, b) => { "use step"; return a + b; };
    add.maxRetries = 7;
    export default async () => { "use step"; };`);
  const add = exports.add as ((a: number, b: number) => Promise<number>) & { stepId: string };
  expect(await add(1, 2)).toBe(3);
  expect([add.name, add.stepId]).toEqual(['add', 'step//src/app//add']);
  expect(registry.steps.get('step//src/app//add')).toEqual({ id: 'step//src/app//add', fn: add });
  expect(exports.default).toHaveProperty('name', 'default');
});

const stored = `static [Symbol.for('workflow-serialize')]() {} static [Symbol.for('workflow-deserialize')]() {}`;

test('options set on methods and getters hold for the steps, on the host and in the program', async () => {
  const source = `export class A { ${stored}
      async one() { 'use step'; return this; }
      async ['tw' + 'o']() { 'use step'; }
      get three() { 'use step'; return 3; }
      static async four() { 'use step'; return this; }
    }
    A.prototype.one.maxRetries = 0;
    A.prototype.two.retry = { maxAttempts: 2, retryIf: () => false };
    Object.getOwnPropertyDescriptor(A.prototype, 'three').get.maxRetries = 7;
    A.four.maxRetries = 9;
    export async function main() { 'use workflow'; const a = new A(); await a.one(); await A.four(); }`;
  const { exports, registry } = await loadHost(source);
  const self = new (exports.A as new () => object)();
  const bound = (id: string) => registry.steps.get(`step//src/app//${id}`)?.bind?.({ self });
  expect(bound('A#one')).toHaveProperty('maxRetries', 0);
  expect(await bound('A#one')?.()).toBe(self);
  expect(bound('A/anonymous0')).toHaveProperty('retry.maxAttempts', 2);
  expect(bound('A#three')).toHaveProperty('maxRetries', 7);
  expect(registry.steps.get('step//src/app//A.four')?.fn).toHaveProperty('maxRetries', 9);
  const state = load(await temporaryApp({ 'src/app.ts': source }).build('src/app.ts'));
  await run(state, 'workflow//src/app//main');
  expect(state.calls.map(({ id, maxRetries }) => [id, maxRetries])).toEqual([
    ['step//src/app//A#one', undefined],
    ['step//src/app//A.four', 9],
  ]);
});

test('on the host, nested steps of plain functions stay callable where they are, and see changes', async () => {
  const { exports } = await loadHost(`
    export function counter() {
      let n = 1;
      const read = async () => { "use step"; return n; };
      return { read, bump: () => n++, later };
      async function later() { "use step"; return n * 100; }
    }`);
  const made = (exports.counter as () => Record<string, (() => unknown) & { stepId?: string }>)();
  made.bump?.();
  expect([await made.read?.(), await made.later?.()]).toEqual([2, 200]);
  expect([made.read?.stepId, made.later?.stepId]).toEqual([
    'step//src/app//counter/read',
    'step//src/app//counter/later',
  ]);
});

test('a workflow is registered with its file, before the rest of the module runs', async () => {
  const { exports, registry } = await loadHost(`
    export const seen = later.workflowId;
    export const early = async () => { "use workflow"; };
    export const after = early.workflowId;
    async function later() { "use workflow"; }`);
  expect(exports).toMatchObject({ seen: 'workflow//src/app//later', after: 'workflow//src/app//early' });
  expect(registry.workflows.get('workflow//src/app//early')).toEqual({
    id: 'workflow//src/app//early',
    name: 'early',
    file: 'src/app',
  });
});

test('output is not compiled a second time, and files without directives are left alone', () => {
  const options = { file: '/app/src/app.ts', root: '/app' };
  const once = transformHost('export async function s() { "use step"; return 1 }', options);
  expect(transformHost(once?.code ?? '', options)).toBeUndefined();
  expect(transformHost('// "use step"\nexport const a = 1;', options)).toBeUndefined();
  expect(transformHost('export const a = 1;', options)).toBeUndefined();
});
