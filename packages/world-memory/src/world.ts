import { type World, worldErrors } from '@perdure/world';
import { Hints, LiveRuns } from '@perdure/world/live';
import { Histories } from './histories.ts';
import { MemoryPrograms } from './programs.ts';
import { MemoryRuns } from './runs.ts';
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
  const live = new LiveRuns({ store: histories, clock, hints });
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
    runs: new MemoryRuns({ live, histories, hints, open }),
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
