/** A guest runtime that is wrong in one place: a copy of the engine's, with a piece of its source replaced. */
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GuestModules, guestModules } from '../../../packages/perdure/src/guest.ts';

const core = fileURLToPath(new URL('../../../packages/core/', import.meta.url));

export interface WrongGuest {
  readonly modules: GuestModules;
  remove(): void;
}

/** Throws RangeError when no source of the guest has the piece. */
export function wrongGuest(piece: string | RegExp, by: string): WrongGuest {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'perdure-wrong-')));
  const remove = (): void => rmSync(copy, { recursive: true, force: true });
  cpSync(join(core, 'src'), join(copy, 'src'), { recursive: true });
  cpSync(join(core, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(core, 'node_modules'), join(copy, 'node_modules'));
  if (!replaced(join(copy, 'src', 'guest'), piece, by)) {
    remove();
    throw new RangeError(`Expected ${piece} in the sources of the guest`);
  }
  const { entry, aliases, parts } = guestModules();
  const moved = (path: string): string => path.replace(core, `${copy}/`);
  const to = Object.fromEntries(Object.entries(aliases).map(([specifier, path]) => [specifier, moved(path)]));
  const packages = [join(copy, 'src')];
  return { modules: { entry: moved(entry), aliases: to, packages, parts: parts.map(moved) }, remove };
}

function replaced(directory: string, piece: string | RegExp, by: string): boolean {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const file = join(directory, name);
    const source = readFileSync(file, 'utf8');
    const wrong = source.replace(piece, () => by);
    if (wrong === source) continue;
    writeFileSync(file, wrong);
    return true;
  }
  return false;
}
