/** Worlds and engines, for programs that set them up themselves. */
import { parseValue as parseThrough, type RunAccess } from '@perdure/core';
import { processAccess } from './process-access.ts';

export type { Health, Key, ProgramSource, RunAccess, Runtime, RuntimeOptions } from '@perdure/core';
export { parseKeys, Run, signRequest, stringifyValue } from '@perdure/core';
export type { World } from '@perdure/world';
export {
  type CreateWorldOptions,
  close,
  createRuntime,
  createWorld,
  getRuntime,
  getWorld,
  setWorld,
} from './ambient.ts';
export { type HealthCheckOptions, healthCheck } from './health-check.ts';
export type { WorldPurpose } from './world-module.ts';

/**
 * The value of a text that `stringifyValue` wrote. Handles of runs and streams in it look through `access`, the
 * process's runtime by default. Throws `PayloadError`.
 */
export function parseValue(text: string, access: RunAccess = processAccess): unknown {
  return parseThrough(text, access);
}
