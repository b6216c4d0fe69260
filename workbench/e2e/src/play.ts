/** Plays every case that applies, one after the other, and says how it went. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { removeBuilds, startApp } from './apps.ts';
import { recoveryCases } from './cases/recovery.ts';
import { applies } from './exceptions.ts';
import { type Target, withMortalApp } from './mortal-app.ts';
import { openOverHttp } from './over-http.ts';
import { problemsOf, type ServerProcess } from './server-process.ts';
import { suites } from './suites.ts';

export interface Wanted extends Target {
  /** A text in `suite: name` of what is played. Default: everything. */
  readonly only: string | undefined;
  readonly json: boolean;
}

interface Part {
  readonly title: string;
  readonly play: () => Promise<void>;
}

const caseMsMax = 120_000;

/** The exit code. */
export async function playAll(wanted: Wanted): Promise<number> {
  const { app, world, mode, json } = wanted;
  const say = (text: string): void => {
    if (!json) console.log(text);
  };
  say(`The suite on app ${app}, world ${world}, mode ${mode}, over HTTP.`);
  const directory = mkdtempSync(join(tmpdir(), 'perdure-e2e-'));
  const server = await startApp({ ...wanted, directory });
  const failures: { readonly title: string; readonly error: string }[] = [];
  const parts = partsOf(wanted, server);
  try {
    for (const { title, play } of parts) {
      const error = await outcomeOf(play);
      say(`${error === undefined ? 'passed' : 'FAILED'}  ${title}`);
      if (error !== undefined) failures.push({ title, error });
    }
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
    await removeBuilds();
  }
  for (const { title, error } of failures) say(`\n${title}\n${error}`);
  const passed = parts.length - failures.length;
  say(`${passed} passed, ${failures.length} failed`);
  if (json) console.log(JSON.stringify({ app, world, mode, passed, failures }));
  return failures.length === 0 && passed > 0 ? 0 : 1;
}

function partsOf(wanted: Wanted, server: ServerProcess): Part[] {
  const { world, only = '' } = wanted;
  const parts: Part[] = [];
  const add = (suite: string, name: string, play: Part['play']): void => {
    const title = `${suite}: ${name}`;
    if (title.includes(only) && applies(name, { suite, world, way: 'http' })) parts.push({ title, play });
  };
  for (const [suite, cases] of Object.entries(suites)) {
    for (const one of cases) {
      add(suite, one.name, async () => {
        await one.play(openOverHttp(() => server.url));
        const problems = problemsOf(server, one.reports);
        if (problems.length > 0) throw new Error(`The server complained:\n${problems.join('\n')}`);
      });
    }
  }
  for (const one of recoveryCases) add('recovery', one.name, () => withMortalApp(wanted, one.play));
  return parts;
}

/** What went wrong, as text. */
async function outcomeOf(play: Part['play']): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Not done after ${caseMsMax} ms.`)), caseMsMax);
  });
  try {
    await Promise.race([play(), late]);
    return undefined;
  } catch (error) {
    return inspect(error);
  } finally {
    clearTimeout(timer);
  }
}
