/** An app whose servers are killed on the way, on a store that outlives them. */
import { existsSync, readFileSync } from 'node:fs';
import type { EventOf } from '@perdure/world';
import type { MortalApp } from './cases/recovery.ts';
import type { Fleet } from './fleet.ts';
import { openOverHttp } from './over-http.ts';

/** Plays a case on a full fleet, and with the lines only that it leaves itself. */
export async function withMortalApp(fleet: Fleet, play: (app: MortalApp) => Promise<void>): Promise<void> {
  await fleet.fill();
  const before = linesOf(fleet).length;
  await play(mortalApp(fleet, async () => linesOf(fleet).slice(before)));
}

function linesOf({ store: { effectsFile } }: Fleet): string[] {
  return existsSync(effectsFile) ? readFileSync(effectsFile, 'utf8').split('\n').slice(0, -1) : [];
}

function mortalApp(fleet: Fleet, effects: MortalApp['effects']): MortalApp {
  const app = openOverHttp(fleet.place);
  let lastRunId = '';
  /** The server that last began a step of the run that was started last. */
  const working = async (): Promise<number> => {
    const history = await app.history(lastRunId);
    const started = history.findLast(({ eventType }) => eventType === 'step_started');
    return Number((started as EventOf<'step_started'>).eventData.worker.split('_')[1]);
  };
  return {
    ...app,
    async start(workflow, args, options) {
      const run = await app.start(workflow, args, options);
      lastRunId = run.runId;
      return run;
    },
    leaseMs: fleet.leaseMs,
    crash: async () => fleet.kill(fleet.pids.length === 1 ? fleet.pids[0]! : await working()),
    restart: () => fleet.restart(),
    effects,
  };
}
