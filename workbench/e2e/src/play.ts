/** Plays every case that applies, one after the other, and says how it went. */
import { inspect } from 'node:util';
import { serverOnDemand } from '@workbench/postgres/server-on-demand.ts';
import { removeBuilds } from './apps.ts';
import { recoveryCases } from './cases/recovery.ts';
import { applies } from './exceptions.ts';
import { type Target, wayTo } from './fleet.ts';
import { Fleets } from './fleets.ts';
import { withMortalApp } from './mortal-app.ts';
import { openOverHttp } from './over-http.ts';
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

/** Leases end meanwhile, some more than once. */
export const caseMsMax = 120_000;

/** The exit code. */
export async function playAll(wanted: Wanted): Promise<number> {
  const { app, world, mode, workers, json } = wanted;
  const say = (text: string): void => {
    if (!json) console.log(text);
  };
  const servers = workers === 1 ? 'one server' : `${workers} servers`;
  say(`The suite on app ${app}, world ${world}, mode ${mode}, over HTTP to ${servers}.`);
  const postgres = serverOnDemand();
  const fleets = new Fleets(wanted, postgres.url);
  const failures: { readonly title: string; readonly error: string }[] = [];
  const parts = partsOf(wanted, fleets);
  try {
    for (const { title, play } of parts) {
      const error = await outcomeOf(play);
      say(`${error === undefined ? 'passed' : 'FAILED'}  ${title}`);
      if (error !== undefined) failures.push({ title, error });
    }
  } finally {
    await fleets.close();
    await postgres.close();
    await removeBuilds();
  }
  for (const { title, error } of failures) say(`\n${title}\n${error}`);
  const passed = parts.length - failures.length;
  say(`${passed} passed, ${failures.length} failed`);
  if (json) console.log(JSON.stringify({ app, world, mode, workers, passed, failures }));
  return failures.length === 0 && passed > 0 ? 0 : 1;
}

function partsOf(wanted: Wanted, fleets: Fleets): Part[] {
  const { world, only = '' } = wanted;
  const way = wayTo(wanted);
  const parts: Part[] = [];
  const add = (suite: string, name: string, play: Part['play']): void => {
    const title = `${suite}: ${name}`;
    if (title.includes(only) && applies(name, { suite, world, way })) parts.push({ title, play });
  };
  for (const [suite, cases] of Object.entries(suites)) {
    for (const one of cases) {
      add(suite, one.name, async () => {
        const fleet = await fleets.lasting();
        await one.play(openOverHttp(fleet.place));
        const problems = fleet.problems(one.reports);
        if (problems.length > 0) throw new Error(`The server complained:\n${problems.join('\n')}`);
      });
    }
  }
  for (const one of recoveryCases)
    add('recovery', one.name, async () => withMortalApp(await fleets.for(one), one.play));
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
