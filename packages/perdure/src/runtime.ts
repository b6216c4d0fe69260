/** Worlds and engines, for programs that set them up themselves. */
export {
  createRuntime,
  type Key,
  type ProgramSource,
  type Runtime,
  type RuntimeOptions,
} from '@perdure/core';
export type { World } from '@perdure/world';
export { close, createWorld, getRuntime, getWorld, setWorld } from './ambient.ts';
