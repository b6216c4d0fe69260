/** A world for one measurement, with its appends counted, and a runtime on it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime, createWorld, type Runtime, type RuntimeOptions, type World } from 'perdure/runtime';

export interface BenchWorld {
  readonly world: World;
  readonly runtime: Runtime;
  /** Appends since the last look. */
  takeAppends(): number;
  /** Stops the runtime and starts another on the same data. */
  restart(options?: Partial<RuntimeOptions>): Promise<void>;
  close(): Promise<void>;
}

export async function openBenchWorld(
  name: string,
  options: Partial<RuntimeOptions> = {},
): Promise<BenchWorld> {
  const dataDir = await mkdtemp(join(tmpdir(), 'perdure-bench-'));
  let appends = 0;
  const open = async (): Promise<World> => {
    const world = await createWorld(name, { dataDir });
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
    async close() {
      await runtime.close();
      await world.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
