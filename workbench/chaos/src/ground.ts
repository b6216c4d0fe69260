/** What a storm takes place on: a world, and what can break beneath the processes that use it. */
import { createWorld, type World } from 'perdure/runtime';
import type { Broken } from './evidence.ts';
import { directoryIsInOrder } from './line-oracle.ts';

export interface Ground {
  /** The parent's own way there. */
  readonly world: World;
  /** The environment that puts a worker there. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the files of the runs lie, of a world that has some. */
  readonly files: string | undefined;
  /** What a stopped process keeps: a `lock` for as long as it stays, a `lease` until it runs out. */
  readonly claims: 'lock' | 'lease';
  readonly leaseMs: number;
  readonly broken: Broken;
  /** Breaks things until this share of all that shall break did; false while that needs more traffic. */
  breakUpTo(share: number): Promise<boolean>;
  /** What is wrong with what is stored, once every run has ended and nobody has it open. */
  problems(): readonly string[];
  close(): Promise<void>;
}

export interface GroundOptions {
  readonly seed: number;
  /** How much shall break beneath. */
  readonly breaks: number;
  /** How long claims hold. Default: as short as the store can bear. */
  readonly leaseMs?: number;
  /** For files; removed by whoever made it. */
  readonly directory: string;
}

export async function openGround(name: string, options: GroundOptions): Promise<Ground> {
  if (name === 'postgres') return (await import('./postgres-ground.ts')).openPostgresGround(options);
  const { directory, breaks, leaseMs = 1_000 } = options;
  if (breaks > 0) throw new RangeError(`Expected no breaks: beneath the world ${name} nothing can break.`);
  const world = await createWorld(name, { dataDir: directory });
  const files = name === 'local' ? directory : undefined;
  return {
    world,
    env: { CHAOS_WORLD: name, CHAOS_DATA_DIR: directory },
    files,
    claims: files === undefined ? 'lease' : 'lock',
    leaseMs,
    broken: { cuts: 0, lostReplies: 0, terminated: 0, restarts: 0 },
    breakUpTo: async () => true,
    problems: () => (files === undefined ? [] : directoryIsInOrder(files)),
    close: () => world.close(),
  };
}
