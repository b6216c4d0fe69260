/**
 * A worker in a process of its own, to be killed: drives whatever is due in the world that the environment names.
 *
 * Prints `ready` when it begins to drive. Ends in good order on SIGTERM, and at once when its parent is gone.
 */
import { createRuntime, createWorld } from 'perdure/runtime';
import './workflows.ts';

const { CHAOS_WORLD = 'local', CHAOS_DATA_DIR: dataDir, CHAOS_LEASE_MS } = process.env;
const world = await createWorld(CHAOS_WORLD, dataDir === undefined ? {} : { dataDir });
console.log('ready');
const runtime = createRuntime({ world, leaseMs: Number(CHAOS_LEASE_MS) });

process.stdin.resume().once('end', () => process.exit(1));
process.once('SIGTERM', () => {
  void runtime
    .close()
    .then(() => world.close())
    .then(() => process.exit(0));
});
