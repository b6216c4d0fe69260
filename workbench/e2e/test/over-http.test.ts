/** The suite against servers of the apps, from outside. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../src/apps.ts';
import { openOverHttp } from '../src/over-http.ts';
import type { ServerProcess } from '../src/server-process.ts';
import { suites } from '../src/suites.ts';

describe('the node app on the local world', () => {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-e2e-http-'));
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startApp({ app: 'node', world: 'local', mode: 'dev', directory });
  });
  afterEach(() => expect(server.complaints.splice(0)).toEqual([]));
  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  describe.each(Object.entries(suites))('%s', (_suite, cases) => {
    it.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
      await one.play(openOverHttp(() => server.url));
    });
  });
});
