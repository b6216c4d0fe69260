/** The suite against servers of the apps, from outside. */
import { testServer } from '@workbench/postgres/test-server.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeBuilds } from '../src/apps.ts';
import { recoveryCases } from '../src/cases/recovery.ts';
import { applies } from '../src/exceptions.ts';
import { type Fleet, openFleet, type Target, wayTo } from '../src/fleet.ts';
import { openMortalFleet, withMortalApp } from '../src/mortal-app.ts';
import { openOverHttp } from '../src/over-http.ts';
import { suites } from '../src/suites.ts';

const targets: readonly Target[] = [
  { app: 'node', world: 'local', mode: 'dev', workers: 1 },
  { app: 'node', world: 'postgres', mode: 'prod', workers: 1 },
  { app: 'node', world: 'postgres', mode: 'prod', workers: 3 },
];
const postgres = async (): Promise<string> => (await testServer()).url;

afterAll(removeBuilds);

describe.each(targets)('$app on $world, $mode, workers: $workers', (target) => {
  const played = <One extends { readonly name: string }>(suite: string, cases: readonly One[]) =>
    cases
      .filter(({ name }) => applies(name, { suite, world: target.world, way: wayTo(target) }))
      .map((one) => [one.name, one] as const);

  describe('while servers run', () => {
    let fleet: Fleet;
    beforeAll(async () => {
      fleet = await openFleet(target, postgres);
    });
    afterAll(() => fleet.close());

    describe.each(Object.entries(suites))('%s', (suite, cases) => {
      it.each(played(suite, cases))('%s', async (_name, one) => {
        await one.play(openOverHttp(fleet.place));
        expect(fleet.problems(one.reports)).toEqual([]);
      });
    });
  });

  describe('recovery', () => {
    let fleet: Fleet;
    beforeAll(async () => {
      fleet = await openMortalFleet(target, postgres);
    });
    afterAll(() => fleet.close());

    it.each(played('recovery', recoveryCases))('%s', async (_name, one) => {
      await withMortalApp(fleet, one.play);
    });
  });
});
