import { expect, it } from 'vitest';
import { recoveryCases } from '../src/cases/recovery.ts';
import { applies, exceptions, type Way } from '../src/exceptions.ts';
import { worlds } from '../src/stores.ts';
import { suites } from '../src/suites.ts';

const names: Record<string, string[]> = { recovery: recoveryCases.map(({ name }) => name) };
for (const [suite, cases] of Object.entries(suites)) names[suite] = cases.map(({ name }) => name);

it('every exception names cases and a world that there are, and says why', () => {
  for (const { suite, name, world, ways, reason } of exceptions) {
    expect(Object.keys(names)).toContain(suite);
    if (name !== undefined) expect(names[suite]).toContain(name);
    if (world !== undefined) expect(Object.keys(worlds)).toContain(world);
    expect(ways.length).toBeGreaterThan(0);
    expect(reason.length).toBeGreaterThan(20);
  }
});

const givenStreams = Array(4).fill('given streams');

it.each<[string, Way, string[]]>([
  ['local', 'http', [...givenStreams, 'recovery']],
  ['postgres', 'http', [...givenStreams, 'recovery']],
  ['postgres', 'http fleet', ['runs', ...givenStreams]],
  ['postgres', 'fleet', ['runs', ...Array(names.recovery!.length).fill('recovery')]],
])('on the world %s, way %s, all cases are played but few', (world, way, left) => {
  const found = Object.entries(names).flatMap(([suite, cases]) =>
    cases.filter((name) => !applies(name, { suite, world, way })).map(() => suite),
  );
  expect(found.toSorted()).toEqual(left.toSorted());
});

it('case names are names: no two of a suite are the same', () => {
  for (const cases of Object.values(names)) expect(new Set(cases).size).toBe(cases.length);
});
