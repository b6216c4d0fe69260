/** A world for one measurement, with its appends counted, and a runtime on it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPostgresWorld } from '@perdure/world-postgres';
import { ask } from '@workbench/postgres/database.ts';
import { createRuntime, createWorld, type Runtime, type RuntimeOptions, type World } from 'perdure/runtime';

export interface BenchWorld {
  readonly world: World;
  readonly runtime: Runtime;
  /** Appends since the last look. */
  takeAppends(): number;
  /** Stops the runtime and starts another on the same data. */
  restart(options?: Partial<RuntimeOptions>): Promise<void>;
  /** Another world on the same data, as another process has it. The caller closes it. */
  another(): Promise<World>;
  close(): Promise<void>;
}

let postgresUrl = '';

/** Where worlds on Postgres are made, each in a schema of its own. */
export function usePostgres(url: string): void {
  postgresUrl = url;
}

interface Place {
  open(): Promise<World>;
  remove(): Promise<void>;
}

async function placeOf(name: string): Promise<Place> {
  if (name === 'postgres') {
    const schema = `bench_${randomBytes(6).toString('hex')}`;
    const connectionString = postgresUrl;
    const remove = async () => void (await ask(connectionString, `DROP SCHEMA IF EXISTS ${schema} CASCADE`));
    return { open: async () => createPostgresWorld({ connectionString, schema }), remove };
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'perdure-bench-'));
  return {
    open: () => createWorld(name, { dataDir }),
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
}

export async function openBenchWorld(
  name: string,
  options: Partial<RuntimeOptions> = {},
): Promise<BenchWorld> {
  const place = await placeOf(name);
  let appends = 0;
  const open = async (): Promise<World> => {
    const world = await place.open();
    const append = world.runs.append;
    world.runs.append = (...given) => {
      appends += 1;
      return append.apply(world.runs, given);
    };
    return world;
  };
  let world = await open();
  let runtime = createRuntime({ world, ...options });
  return {
    get world() {
      return world;
    },
    get runtime() {
      return runtime;
    },
    takeAppends() {
      const taken = appends;
      appends = 0;
      return taken;
    },
    async restart(changed = {}) {
      await runtime.close();
      if (name !== 'memory') {
        await world.close();
        world = await open();
      }
      runtime = createRuntime({ world, ...options, ...changed });
    },
    another: () => place.open(),
    async close() {
      await runtime.close();
      await world.close();
      await place.remove();
    },
  };
}
