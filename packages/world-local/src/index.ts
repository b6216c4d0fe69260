export type { LocalStats } from './counters.ts';
export { createLocalWorld, type LocalWorld, type LocalWorldOptions } from './world.ts';
