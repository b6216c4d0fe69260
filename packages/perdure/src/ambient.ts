/** The world and the runtimes of this process, shared by every copy of the package in it. */
import { createRuntime as createEngine, type Runtime, type RuntimeOptions } from '@perdure/core';
import type { World } from '@perdure/world';
import { worldChoice } from './config.ts';
import { importWorld, type WorldPurpose } from './world-module.ts';

interface Ambient {
  world?: Promise<World>;
  readonly runtimes: Map<World, Runtime>;
}

const ambientKey: symbol = Symbol.for('perdure.ambient');

function ambient(): Ambient {
  const shared = globalThis as unknown as Record<symbol, Ambient | undefined>;
  shared[ambientKey] ??= { runtimes: new Map() };
  return shared[ambientKey];
}

export interface CreateWorldOptions {
  /** Data directory of the local world. */
  readonly dataDir?: string;
  /** Default `drive`. */
  readonly purpose?: WorldPurpose;
}

/**
 * Makes a world: `local` (default data directory `.workflow-data`, or WORKFLOW_LOCAL_DATA_DIR), `memory`, `postgres`
 * (`@perdure/world-postgres`, at WORKFLOW_POSTGRES_URL or DATABASE_URL), or what a package or a module path exports as
 * `createWorld`, found from this package or from the app.
 *
 * Throws WORLD_UNKNOWN, and what the world throws that cannot be opened.
 */
export async function createWorld(name: string, options: CreateWorldOptions = {}): Promise<World> {
  if (name === 'memory') return (await import('@perdure/world-memory')).createMemoryWorld();
  if (name === 'local') {
    const dataDir = options.dataDir ?? worldChoice().dataDir;
    return (await import('@perdure/world-local')).createLocalWorld(dataDir === undefined ? {} : { dataDir });
  }
  const { createWorld: make } = await importWorld(name);
  return make({ purpose: options.purpose ?? 'drive' });
}

/** The process's world: what was set, or what WORKFLOW_TARGET_WORLD names (default `local`). */
export function getWorld(): Promise<World> {
  const shared = ambient();
  shared.world ??= opened(shared);
  return shared.world;
}

/** What could not be opened is tried again by the next who asks. */
function opened(shared: Ambient): Promise<World> {
  const world = createWorld(worldChoice().name);
  world.catch(() => {
    if (shared.world === world) delete shared.world;
  });
  return world;
}

/** Makes a world the process's own. Runs started before stay on theirs. */
export function setWorld(world: World): void {
  ambient().world = Promise.resolve(world);
}

/** The runtime of a world (default the process's), made on first use; its worker runs unless WORKFLOW_WORKER=off. */
export async function getRuntime(world?: World): Promise<Runtime> {
  const target = world ?? (await getWorld());
  const runtime = ambient().runtimes.get(target);
  return runtime && !runtime.closed ? runtime : createRuntime({ world: target });
}

/** Makes an engine on a world, and starts its worker unless told not to; from then on it is the world's in this process. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const runtime = createEngine(options);
  ambient().runtimes.set(options.world, runtime);
  return runtime;
}

/** Drains and closes the process's runtimes and its world. */
export async function close(options: { readonly graceMs?: number } = {}): Promise<void> {
  const shared = ambient();
  const world = shared.world;
  delete shared.world;
  const runtimes = [...shared.runtimes.values()];
  shared.runtimes.clear();
  await Promise.all(runtimes.map((runtime) => runtime.close(options)));
  // Who asked for a world that did not open has heard why.
  await (await world?.catch(() => undefined))?.close();
}
