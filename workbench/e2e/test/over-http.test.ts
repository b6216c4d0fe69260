/** The suite against servers of the apps, from outside. */
import { testServer } from '@workbench/postgres/test-server.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { removeBuilds } from '../src/apps.ts';
import { recoveryCases } from '../src/cases/recovery.ts';
import { applies } from '../src/exceptions.ts';
import { type Target, wayTo } from '../src/fleet.ts';
import { Fleets } from '../src/fleets.ts';
import { withMortalApp } from '../src/mortal-app.ts';
import { openOverHttp } from '../src/over-http.ts';
import { caseMsMax } from '../src/play.ts';
import { suites } from '../src/suites.ts';

const targets: readonly Target[] = [
  { app: 'node', world: 'local', mode: 'dev', workers: 1 },
  { app: 'node', world: 'postgres', mode: 'prod', workers: 1 },
  { app: 'node', world: 'postgres', mode: 'prod', workers: 3 },
];
const postgres = async (): Promise<string> => (await testServer()).url;

afterAll(removeBuilds);

describe.each(targets)('$app on $world, $mode, workers: $workers', (target) => {
  const fleets = new Fleets(target, postgres);
  afterAll(() => fleets.close());
  const played = <One extends { readonly name: string }>(suite: string, cases: readonly One[]) =>
    cases
      .filter(({ name }) => applies(name, { suite, world: target.world, way: wayTo(target) }))
      .map((one) => [one.name, one] as const);

  describe.each(Object.entries(suites))('%s', (suite, cases) => {
    it.each(played(suite, cases))('%s', async (_name, one) => {
      const fleet = await fleets.lasting();
      await one.play(openOverHttp(fleet.place));
      expect(fleet.problems(one.reports)).toEqual([]);
    });
  });

  describe('recovery', () => {
    const timeout = { timeout: caseMsMax };
    it.each(played('recovery', recoveryCases))('%s', timeout, async (_name, one) => {
      await withMortalApp(await fleets.for(one), one.play);
    });
  });
});
