/** The suite against servers of the apps, from outside. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../src/apps.ts';
import { recoveryCases } from '../src/cases/recovery.ts';
import { applies } from '../src/exceptions.ts';
import { withMortalApp } from '../src/mortal-app.ts';
import { openOverHttp } from '../src/over-http.ts';
import { problemsOf, type ServerProcess } from '../src/server-process.ts';
import { suites } from '../src/suites.ts';

describe.each([{ app: 'node', world: 'local', mode: 'dev' as const }])('$app on $world, $mode', (target) => {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-e2e-http-'));
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startApp({ ...target, directory });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const played = <One extends { readonly name: string }>(suite: string, cases: readonly One[]) =>
    cases
      .filter(({ name }) => applies(name, { suite, world: target.world, way: 'http' }))
      .map((one) => [one.name, one] as const);

  describe.each(Object.entries(suites))('%s', (suite, cases) => {
    it.each(played(suite, cases))('%s', async (_name, one) => {
      await one.play(openOverHttp(() => server.url));
      expect(problemsOf(server, one.reports)).toEqual([]);
    });
  });

  describe('recovery', () => {
    it.each(played('recovery', recoveryCases))('%s', async (_name, one) => {
      await withMortalApp(target, one.play);
    });
  });
});
