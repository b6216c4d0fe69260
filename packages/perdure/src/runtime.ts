/** Worlds and engines, for programs that set them up themselves. */
export type { Key, ProgramSource, Runtime, RuntimeOptions } from '@perdure/core';
export type { World } from '@perdure/world';
export { close, createRuntime, createWorld, getRuntime, getWorld, setWorld } from './ambient.ts';
