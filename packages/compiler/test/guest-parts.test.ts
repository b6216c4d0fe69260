import vm from 'node:vm';
import { expect, it } from 'vitest';
import { guestBundle } from '../src/guest-bundle.ts';
import { temporaryApp } from './temporary-app.ts';

const files = {
  'entry.mjs': `import { sum } from './shared.mjs';
import { later, text } from './part.mjs';
globalThis.evaluated = [];
globalThis.later = later;
globalThis.text = text;
globalThis.total = () => sum(0);`,
  'part.mjs': `import { own } from './own.mjs';
import { sum } from './shared.mjs';
evaluated.push('part');
const later = (by) => sum(own(by));
export { later, own as text };`,
  'own.mjs': `evaluated.push('own');
export function own(value) { return value * 2; }`,
  'shared.mjs': `let total = 0;
export function sum(by) { total += by; return total; }`,
  'other.mjs': `export { own as other } from './own.mjs';`,
};

function run(code: string, ...lines: string[]): unknown[] {
  const context = vm.createContext({});
  vm.runInContext(code, context);
  return lines.map((line) => vm.runInContext(line, context));
}

it('a part of the guest is evaluated when one of its functions is called, once, and shares what others import', async () => {
  const app = temporaryApp(files);
  const guest = { entry: app.path('entry.mjs'), aliases: {}, parts: [app.path('part.mjs')] };
  const { code } = await guestBundle(guest);
  const before = run(
    code,
    'evaluated.join()',
    'later(1)',
    'later(2)',
    'text(4)',
    'total()',
    'evaluated.join()',
  );
  expect(before).toEqual(['', 2, 6, 8, 6, 'own,part']);
});

it('a module that two parts would each have a copy of is refused', async () => {
  const app = temporaryApp(files);
  const parts = [app.path('part.mjs'), app.path('other.mjs')];
  const bundle = guestBundle({ entry: app.path('entry.mjs'), aliases: {}, parts });
  await expect(bundle).rejects.toThrow(/own\.mjs in one part/);
});
