/** The texts of errors that this package adds. */
import { PerdureError } from '@perdure/core/errors';

export function worldUnknown(name: string, problem: string, cause?: unknown): PerdureError {
  return new PerdureError(
    'ConfigError',
    'WORLD_UNKNOWN',
    `Expected a world, got ${JSON.stringify(name)}: ${problem}.`,
    {
      hint: 'Use local, memory, or install and name a package that exports createWorld().',
      cause,
    },
  );
}
