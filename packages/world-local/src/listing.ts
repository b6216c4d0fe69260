import { readdirSync, statSync } from 'node:fs';
import type { ListRequest } from '@perdure/world';
import { worldErrors } from '@perdure/world';
import { isMissing, type Layout, runIdOfFile } from './layout.ts';

/** Directory times are as coarse as the kernel's tick: a listing that is this young may miss a change. */
const SETTLED_MS = 100;

interface Names {
  readonly mtimeMs: number;
  readonly inode: number;
  readonly ids: readonly string[];
}

/** The ids of all runs by their file names, newest first; the ended ones are listed anew only after a change. */
export class Listing {
  readonly #layout: Layout;
  #ended: Names | undefined;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  ids(request: ListRequest): readonly string[] {
    const { status } = request;
    const active = this.activeIds().sort(descending);
    const isLive = status === 'pending' || status === 'running' || status === 'paused';
    return isLive ? active : merged(active, this.#endedIds());
  }

  activeIds(): string[] {
    return idsIn(this.#layout.active);
  }

  #endedIds(): readonly string[] {
    const path = this.#layout.ended;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return [];
    const known = this.#ended;
    if (known && known.mtimeMs === stat.mtimeMs && known.inode === stat.ino) return known.ids;
    const ids = idsIn(path).sort(descending);
    const settled = Date.now() - stat.mtimeMs > SETTLED_MS;
    this.#ended = settled ? { mtimeMs: stat.mtimeMs, inode: stat.ino, ids } : undefined;
    return ids;
  }
}

function idsIn(directory: string): string[] {
  try {
    return readdirSync(directory).flatMap((name) => runIdOfFile(name) ?? []);
  } catch (error) {
    if (isMissing(error)) return [];
    throw worldErrors.dataUnreadable(directory, error);
  }
}

/** Both in one, each once: a run that ends between the two listings is in both. */
function merged(left: readonly string[], right: readonly string[]): readonly string[] {
  if (left.length === 0) return right;
  const ids: string[] = [];
  let at = 0;
  for (const id of left) {
    while (at < right.length && right[at]! > id) ids.push(right[at++]!);
    if (right[at] === id) at += 1;
    ids.push(id);
  }
  while (at < right.length) ids.push(right[at++]!);
  return ids;
}

function descending(left: string, right: string): number {
  return left < right ? 1 : left > right ? -1 : 0;
}
