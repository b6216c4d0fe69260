import { type World, worldErrors } from '@perdure/world';
import { Hints, LiveRuns, LiveSteps, RunTable } from '@perdure/world/live';
import { Histories } from './histories.ts';
import { MemoryPrograms } from './programs.ts';
import { MemoryRuns } from './runs.ts';
import { MemorySteps } from './steps.ts';
import { MemoryStreams } from './streams.ts';

export interface MemoryWorldOptions {
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly clock?: () => number;
}

/**
 * A World that keeps everything in this process's memory and loses it with the process.
 *
 * The reference of the contract: what it answers is what every other World must answer.
 */
export function createMemoryWorld(options: MemoryWorldOptions = {}): World {
  const { clock = Date.now } = options;
  let closed = false;
  const open = () => {
    if (closed) throw worldErrors.worldClosed('memory');
  };
  const hints = new Hints();
  const histories = new Histories();
  const table = new RunTable({ store: histories, clock, hints });
  const live = new LiveRuns(table);
  const programs = new MemoryPrograms(open);
  const streams = new MemoryStreams(histories, open);
  const forget = () => {
    live.clear();
    histories.clear();
    programs.clear();
    streams.clear();
    hints.clear();
  };
  return {
    name: 'memory',
    drivers: 'one',
    runs: new MemoryRuns({ live, histories, hints, open }),
    steps: new MemorySteps(new LiveSteps(table), open),
    programs,
    streams,
    now: clock,
    async clear(): Promise<void> {
      open();
      forget();
    },
    async close(): Promise<void> {
      closed = true;
      forget();
    },
  };
}
