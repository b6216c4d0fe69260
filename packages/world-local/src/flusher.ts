import { close, fdatasync, fsync, open } from 'node:fs';
import { promisify } from 'node:util';
import { worldErrors } from '@perdure/world';
import type { Counters } from './counters.ts';
import type { OpenFiles } from './open-files.ts';

const fdatasyncOf = promisify(fdatasync);
const fsyncOf = promisify(fsync);
const openOf = promisify(open);
const closeOf = promisify(close);

/** One file or directory: a sync that runs, and one that waits to cover what was written since it began. */
interface Target {
  running: Promise<void> | undefined;
  waiting: Promise<void> | undefined;
}

/**
 * Carries writes through to the disk, for `durability: 'power'`.
 *
 * Writes of one turn share one sync of their file, and those that come while it runs share the next; files are
 * synced beside each other, so that the file system's journal can commit them together.
 */
export class Flusher {
  readonly #files: OpenFiles;
  readonly #counters: Counters;
  readonly #fileTargets = new Map<number, Target>();
  readonly #directoryTargets = new Map<string, Target>();
  readonly #pending = new Set<Promise<void>>();

  constructor(files: OpenFiles, counters: Counters) {
    this.#files = files;
    this.#counters = counters;
  }

  /** Settles when what has been written to the file by now is on the disk. */
  file(fd: number, path: string): Promise<void> {
    this.#files.hold(fd);
    const sync = this.#join(this.#fileTargets, fd, () => fdatasyncOf(fd), path);
    const done = sync.finally(() => this.#files.letGo(fd));
    return this.#track(done);
  }

  /** Settles when the names in the directory are on the disk. */
  directory(path: string): Promise<void> {
    return this.#track(this.#join(this.#directoryTargets, path, () => syncDirectory(path), path));
  }

  /** Settles when nothing is under way any more; never rejects. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  #track(sync: Promise<void>): Promise<void> {
    this.#pending.add(sync);
    const done = () => {
      this.#pending.delete(sync);
    };
    sync.then(done, done);
    return sync;
  }

  #join<K>(targets: Map<K, Target>, key: K, sync: () => Promise<void>, path: string): Promise<void> {
    let target = targets.get(key);
    if (!target) {
      target = { running: undefined, waiting: undefined };
      targets.set(key, target);
    }
    target.waiting ??= this.#next(targets, key, target, sync, path);
    return target.waiting;
  }

  async #next<K>(
    targets: Map<K, Target>,
    key: K,
    target: Target,
    sync: () => Promise<void>,
    path: string,
  ): Promise<void> {
    // A failure of the sync before is its own writers' to hear of.
    await target.running?.catch(() => {});
    target.running = target.waiting;
    target.waiting = undefined;
    try {
      this.#counters.syncs += 1;
      await sync();
    } catch (error) {
      throw worldErrors.dataUnreadable(path, error);
    } finally {
      if (!target.waiting) targets.delete(key);
    }
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows can neither open nor sync a directory; its names are durable with the file.
  if (process.platform === 'win32') return;
  const fd = await openOf(path, 'r');
  try {
    await fsyncOf(fd);
  } finally {
    await closeOf(fd);
  }
}
