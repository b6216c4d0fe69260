#!/usr/bin/env node
import { main } from '@perdure/cli';
import { createWorld, setWorld } from './ambient.ts';
import { worldChoice } from './config.ts';
import { guestModules, hostModules } from './guest.ts';

const exitCode = await main(process.argv.slice(2), {
  createWorld: async (name, options) => {
    const world = await createWorld(name, options);
    // Steps that start runs or resume hooks mean the world of the command.
    setWorld(world);
    return world;
  },
  worldName: worldChoice().name,
  guest: guestModules(),
  hostModules: hostModules(),
});
// What the app's modules left open (pools, servers) is no reason to stay; the output is written by now.
process.exit(exitCode);
