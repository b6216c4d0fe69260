export { createMemoryWorld, type MemoryWorldOptions } from './world.ts';
