import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { World } from '@perdure/world';
import { textOf } from './arguments.ts';
import type { Flag, Input } from './command.ts';
import type { Session, WorldPurpose } from './context.ts';
import { dataDirUnused } from './messages.ts';

export const worldFlags: Readonly<Record<'world' | 'data-dir' | 'json', Flag>> = {
  world: { type: 'string' },
  'data-dir': { type: 'string' },
  json: { type: 'boolean' },
};

/** Opens the world that the flags name for as long as `use` takes, by default to look. Throws DATA_DIR_UNUSED. */
export async function withWorld<T>(
  input: Input,
  { context, cwd }: Session,
  use: (world: World) => Promise<T>,
  purpose: WorldPurpose = 'look',
): Promise<T> {
  const name = textOf(input, 'world') ?? context.worldName;
  const directory = textOf(input, 'data-dir');
  if (directory !== undefined && name !== 'local') throw dataDirUnused(name);
  const options = { purpose, ...(directory === undefined ? {} : { dataDir: resolve(cwd, directory) }) };
  const isPath = /^\.{1,2}[\\/]/.test(name) || isAbsolute(name);
  const world = await context.createWorld(isPath ? pathToFileURL(resolve(cwd, name)).href : name, options);
  try {
    return await use(world);
  } finally {
    await world.close();
  }
}

/** The flags that lead to the same world again, as one would type them. */
export function worldFlagsText(input: Input): string {
  const given = (['world', 'data-dir'] as const).flatMap((name) => {
    const value = textOf(input, name);
    if (value === undefined) return [];
    return [` --${name} ${/^[\w@%+:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`}`];
  });
  return given.join('');
}
