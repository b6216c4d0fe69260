import { buildProgram } from '@perdure/compiler';
import { expect, it } from 'vitest';
import { guestModules } from '../src/guest.ts';
import { lastLine, makeApp, runsWorkflow } from './app.ts';

/** Budget of a program of two workflows, its source map left out. */
const programBytesMax = 60_000;

const register = ['--import', 'perdure/register'];

it('a program of two workflows is tens of KB, all of its guest included', async () => {
  const app = makeApp({
    'order.ts': `import { sleep } from 'perdure';
      async function charge(order: string) { 'use step'; return order; }
      export async function processOrder(order: string) { 'use workflow'; await sleep('1d'); return await charge(order); }`,
    'review.ts': `import { createHook } from 'perdure';
      export async function review(token: string) { 'use workflow'; return await createHook({ token }); }`,
  });
  const entries = [app.path('order.ts'), app.path('review.ts')];
  const { code } = await buildProgram({ root: app.root, entries, guest: guestModules() });
  const [script = '', map] = code.split('\n//# sourceMappingURL=');
  expect(script.length).toBeLessThanOrEqual(programBytesMax);
  expect(script).toContain('\n//# perdureGuest=');
  expect(map).toBeTruthy();
});

it('what people read keeps its name where the guest is minified', async () => {
  const app = makeApp({
    'flow.ts': `import { FatalError, RetryableError, createHook, sleep } from 'perdure';
      async function lookUp() { 'use step'; return new URL('https://example.com/a'); }
      export async function main() {
        'use workflow';
        const url = await lookUp();
        const globals = [URL, Headers, Request, Response, Blob, FormData, TextEncoder, TransformStream, AbortController, DOMException];
        return {
          names: globals.map((cls) => cls.name),
          functions: [sleep.name, createHook.name, new FatalError('').name, RetryableError.name, lookUp.name],
          of: [url.constructor === URL, String(Object.prototype.toString.call(url)), new AbortController().signal.constructor.name],
        };
      }`,
    'main.ts': runsWorkflow('flow.ts'),
  });
  const { stdout } = await app.node(...register, 'main.ts');
  expect(lastLine(stdout)).toMatchObject({
    result: {
      names: [
        'URL',
        'Headers',
        'Request',
        'Response',
        'Blob',
        'FormData',
        'TextEncoder',
        'TransformStream',
        'AbortController',
        'DOMException',
      ],
      functions: ['sleep', 'createHook', 'FatalError', 'RetryableError', 'lookUp'],
      of: [true, '[object URL]', 'AbortSignal'],
    },
  });
});

it('a stack has the places of the workflow, and nothing of the guest, when the guest throws', async () => {
  const app = makeApp({
    'flow.ts': `function parse(text: string) {
  return new URL(text);
}
export async function main() {
  'use workflow';
  return parse('no url').href;
}`,
    'main.ts': runsWorkflow('flow.ts'),
  });
  const { stdout } = await app.node(...register, 'main.ts');
  const outcome = lastLine(stdout) as { name: string; stack: string };
  expect(outcome.name).toBe('TypeError');
  const places = outcome.stack.split('\n').slice(1);
  expect(places[0]).toMatch(/parse \(flow\.ts:2:\d+\)/);
  expect(places[1]).toMatch(/main \(flow\.ts:6:\d+\)/);
  expect(outcome.stack).not.toMatch(/perdure-guest|perdure-program|node:vm/);
});

it('options set on methods of instances hold in the engine', async () => {
  const app = makeApp({
    'flow.ts': `import { getStepMetadata } from 'perdure';
import { WORKFLOW_DESERIALIZE, WORKFLOW_SERIALIZE } from 'perdure/serde';
export class Card {
  static [WORKFLOW_SERIALIZE]() { return {}; }
  static [WORKFLOW_DESERIALIZE]() { return new Card(); }
  async once() { 'use step'; throw new Error('attempt ' + getStepMetadata().attempt); }
  async twice() { 'use step'; throw new Error('attempt ' + getStepMetadata().attempt); }
  static async never() { 'use step'; throw new Error('attempt ' + getStepMetadata().attempt); }
}
Card.prototype.once.maxRetries = 0;
Card.prototype.twice.retry = { maxAttempts: 2, delay: 1, retryIf: () => true };
Card.never.maxRetries = 0;
export async function main() {
  'use workflow';
  const card = new Card();
  const texts: string[] = [];
  for (const call of [() => card.once(), () => card.twice(), () => Card.never()]) {
    await call().catch((error) => texts.push(error.message));
  }
  return texts;
}`,
    'main.ts': runsWorkflow('flow.ts'),
  });
  const { stdout } = await app.node(...register, 'main.ts');
  expect(lastLine(stdout)).toEqual({
    result: [
      expect.stringContaining('after 1 attempt: attempt 1'),
      expect.stringContaining('after 2 attempts: attempt 2'),
      expect.stringContaining('after 1 attempt: attempt 1'),
    ],
  });
});
