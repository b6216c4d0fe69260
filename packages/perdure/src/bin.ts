#!/usr/bin/env node
import { main } from '@perdure/cli';
import { createWorld } from './ambient.ts';
import { worldChoice } from './config.ts';
import { guestModules, hostModules } from './guest.ts';

process.exitCode = await main(process.argv.slice(2), {
  createWorld,
  worldName: worldChoice().name,
  guest: guestModules(),
  hostModules: hostModules(),
});
