import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { WorldError, worldErrors } from '@perdure/world';
import type { Counters } from './counters.ts';
import { fileMode, isMissing, type Layout, NO_FOLLOW } from './layout.ts';
import { READ_CHUNK_BYTES, STREAM_LOGS_MAX } from './limits.ts';
import type { OpenFiles } from './open-files.ts';
import { StreamLog } from './stream-log.ts';

export interface StreamFilesOptions {
  readonly layout: Layout;
  readonly files: OpenFiles;
  readonly counters: Counters;
}

/**
 * The streams of the directory that this process drives, each in its file.
 *
 * What is known of a stream is true for as long as this process drives. At its first use its file is looked through, and
 * an append cut short is cut off.
 */
export class StreamFiles {
  readonly #options: StreamFilesOptions;
  /** The one used last is last. */
  readonly #logs = new Map<string, StreamLog>();

  constructor(options: StreamFilesOptions) {
    this.#options = options;
  }

  /** What is known of a stream; undefined: there is no file. Throws DATA_DAMAGED. */
  find(runId: string, name: string): StreamLog | undefined {
    const key = keyOf(runId, name);
    const known = this.#logs.get(key);
    if (!known) return this.#load(runId, name);
    if (known.damage) throw known.damage;
    this.#logs.delete(key);
    this.#logs.set(key, known);
    return known;
  }

  /** A stream that has no file yet, with one. */
  make(runId: string, name: string): StreamLog {
    const { layout } = this.#options;
    const log = new StreamLog(runId, name, layout.streamFile(runId, name));
    layout.makeStreamsOf(runId);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
    this.#keep(log, openSync(log.path, flags, fileMode));
    return log;
  }

  /** The open file of a stream, opened now if need be. */
  fdOf(log: StreamLog): number {
    return this.#options.files.open(fileKeyOf(keyOf(log.runId, log.name)), log.path);
  }

  clear(): void {
    for (const key of this.#logs.keys()) this.#options.files.close(fileKeyOf(key));
    this.#logs.clear();
  }

  /**
   * Writes the files again that somebody removed under this process, where they are still open: a removed file lives
   * on until it is closed. Of the others nothing is left, and their streams are damaged.
   */
  recreateLost(isLive: (runId: string) => boolean): void {
    const { files } = this.#options;
    for (const [key, log] of this.#logs) {
      const fd = files.get(fileKeyOf(key));
      const found = lstatSync(log.path, { throwIfNoEntry: false });
      if (found && (fd === undefined ? found.size === log.length : found.ino === fstatSync(fd).ino)) continue;
      if (!isLive(log.runId)) {
        files.close(fileKeyOf(key));
        this.#logs.delete(key);
      } else if (found || fd === undefined) {
        const problem = found ? 'another file in its place' : 'no file: it was removed';
        log.damage = worldErrors.dataDamaged(log.path, 1, problem);
      } else this.#recreate(key, log, fd);
    }
  }

  #recreate(key: string, log: StreamLog, fd: number): void {
    const { layout, files } = this.#options;
    layout.makeStreamsOf(log.runId);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
    const copy = openSync(log.path, flags, fileMode);
    const bytes = Buffer.allocUnsafe(READ_CHUNK_BYTES);
    for (let position = 0, count = 1; position < log.length && count > 0; position += count) {
      count = readSync(fd, bytes, 0, Math.min(bytes.length, log.length - position), position);
      writeSync(copy, bytes, 0, count, position);
    }
    files.close(fileKeyOf(key));
    files.add(fileKeyOf(key), copy);
  }

  #load(runId: string, name: string): StreamLog | undefined {
    const { layout, counters } = this.#options;
    const path = layout.streamFile(runId, name);
    try {
      if (!lstatSync(layout.streamsOf(runId), { throwIfNoEntry: false })?.isDirectory()) return undefined;
      const log = new StreamLog(runId, name, path);
      const fd = openSync(path, constants.O_RDWR | NO_FOLLOW);
      try {
        log.scan(fd, counters);
        if (log.damage) throw log.damage;
        if (fstatSync(fd).size !== log.length) ftruncateSync(fd, log.length);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      this.#keep(log, fd);
      return log;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw WorldError.is(error) ? error : worldErrors.dataUnreadable(path, error);
    }
  }

  #keep(log: StreamLog, fd: number): void {
    const key = keyOf(log.runId, log.name);
    this.#options.files.add(fileKeyOf(key), fd);
    this.#logs.set(key, log);
    if (this.#logs.size <= STREAM_LOGS_MAX) return;
    const [oldest] = this.#logs.keys();
    this.#logs.delete(oldest!);
    this.#options.files.close(fileKeyOf(oldest!));
  }
}

/** No run id holds a slash. */
function keyOf(runId: string, name: string): string {
  return `${runId}/${name}`;
}

/** Among the files of runs, which go by their ids. */
function fileKeyOf(key: string): string {
  return `streams/${key}`;
}
