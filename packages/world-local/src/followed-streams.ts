import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { WorldError, worldErrors } from '@perdure/world';
import type { Counters } from './counters.ts';
import { isMissing, type Layout, NO_FOLLOW } from './layout.ts';
import { STREAM_LOGS_MAX } from './limits.ts';
import { StreamLog } from './stream-log.ts';

interface Followed {
  readonly log: StreamLog;
  /** Identity of the file: a cleared directory may hold another one of the same name. */
  readonly inode: number;
}

/** Streams as their files show them while another process drives; one that has grown is looked at from there on. */
export class FollowedStreams {
  readonly #layout: Layout;
  readonly #counters: Counters;
  readonly #streams = new Map<string, Followed>();

  constructor(layout: Layout, counters: Counters) {
    this.#layout = layout;
    this.#counters = counters;
  }

  /** Hands a stream on as its file shows it by now; undefined: there is no file. Throws DATA_DAMAGED. */
  look<T>(runId: string, name: string, use: (log: StreamLog, fd: number) => T): T | undefined {
    const path = this.#layout.streamFile(runId, name);
    try {
      if (!lstatSync(this.#layout.streamsOf(runId), { throwIfNoEntry: false })?.isDirectory())
        return undefined;
      const fd = openSync(path, constants.O_RDONLY | NO_FOLLOW);
      try {
        return this.#use(runId, name, { path, fd }, use);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw WorldError.is(error) ? error : worldErrors.dataUnreadable(path, error);
    }
  }

  clear(): void {
    this.#streams.clear();
  }

  #use<T>(
    runId: string,
    name: string,
    file: { readonly path: string; readonly fd: number },
    use: (log: StreamLog, fd: number) => T,
  ): T {
    const { path, fd } = file;
    const { ino, size } = fstatSync(fd);
    const known = this.#streams.get(path);
    if (known?.inode === ino && size >= known.log.length) {
      try {
        return this.#caughtUp({ log: known.log, inode: ino }, fd, use);
      } catch {
        // The driver may have cut off an append that was seen here before it failed: what counts is the file.
      }
    }
    return this.#caughtUp({ log: new StreamLog(runId, name, path), inode: ino }, fd, use);
  }

  #caughtUp<T>(followed: Followed, fd: number, use: (log: StreamLog, fd: number) => T): T {
    const { log } = followed;
    this.#streams.delete(log.path);
    log.scan(fd, this.#counters);
    // A damaged one is looked at anew each time: somebody may have mended it.
    if (log.damage) throw log.damage;
    this.#streams.set(log.path, followed);
    if (this.#streams.size > STREAM_LOGS_MAX) {
      const [oldest] = this.#streams.keys();
      this.#streams.delete(oldest!);
    }
    return use(log, fd);
  }
}
