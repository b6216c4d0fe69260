/** The texts of errors that this package adds. */
import { PerdureError } from '@perdure/core/errors';

const worlds =
  'Use local, memory, postgres, or name an installed package or the path of a module that exports createWorld().';

export function worldUnknown(
  name: string,
  problem: string,
  { hint = worlds, cause }: { readonly hint?: string; readonly cause?: unknown } = {},
): PerdureError {
  return new PerdureError(
    'ConfigError',
    'WORLD_UNKNOWN',
    `Expected a world, got ${JSON.stringify(name)}: ${problem}.`,
    { hint, cause },
  );
}

export interface MissingWorld {
  readonly name: string;
  readonly specifier: string;
  /** Where the app runs. */
  readonly app: string;
  readonly cause: unknown;
}

export function worldMissing({ name, specifier, app, cause }: MissingWorld): PerdureError {
  if (specifier.startsWith('file:')) return worldUnknown(name, `there is no ${specifier}`, { cause });
  const hint = name === 'postgres' ? `Install it in the app: npm i ${specifier}` : worlds;
  return worldUnknown(name, `${specifier} is installed neither in ${app} nor beside perdure`, {
    hint,
    cause,
  });
}

export function worldBroken(name: string, specifier: string, cause: unknown): PerdureError {
  const [problem] = String((cause as { message?: unknown } | null)?.message ?? cause).split('\n');
  const text = `importing ${specifier} failed: ${problem!.replace(/\.$/, '')}`;
  return worldUnknown(name, text, { hint: 'Mend the module, or install what it imports.', cause });
}
