/** Where everything lies, and the only place where a path is made of an id. */
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isId, isProgramHash, WorldError, worldErrors } from '@perdure/world';
import { DATA_FORMAT, STALE_REPLY_MS } from './limits.ts';

/** A link in the place of a run's file would reach outside of the directory. Windows has no such flag. */
export const NO_FOLLOW: number = constants.O_NOFOLLOW ?? 0;

const directoryMode = 0o700;
export const fileMode = 0o600;
const streamFilePattern = /^[0-9a-f]{64}\.log$/;
const runFilePattern = /^([A-Za-z0-9_-]{1,128})\.jsonl$/;

export class Layout {
  readonly root: string;
  readonly active: string;
  readonly ended: string;
  readonly programs: string;
  readonly streams: string;
  readonly inbox: string;
  readonly lock: string;
  readonly waiting: string;
  readonly format: string;
  readonly term: string;
  readonly retained: string;

  /** A relative directory is resolved here, once: a later change of the working directory moves nothing. */
  constructor(dataDir: string, tag: string | undefined) {
    if (tag !== undefined && !isId(tag)) throw worldErrors.inputInvalid('tag', `got ${JSON.stringify(tag)}`);
    const base = resolve(dataDir);
    this.root = tag === undefined ? base : join(base, 'tags', tag);
    this.active = join(this.root, 'runs', 'active');
    this.ended = join(this.root, 'runs', 'ended');
    this.programs = join(this.root, 'programs');
    this.streams = join(this.root, 'streams');
    this.inbox = join(this.root, 'inbox');
    this.lock = join(this.root, 'driver.lock');
    this.waiting = join(this.root, 'worker.waiting');
    this.format = join(this.root, 'format.json');
    this.term = join(this.root, 'term.json');
    this.retained = join(this.root, 'retained.jsonl');
  }

  activeFile(runId: string): string {
    return join(this.active, `${checkedId(runId)}.jsonl`);
  }

  endedFile(runId: string): string {
    return join(this.ended, `${checkedId(runId)}.jsonl`);
  }

  streamsOf(runId: string): string {
    return join(this.streams, checkedId(runId));
  }

  /** Named by the hash of the stream's name: that is user data. */
  streamFile(runId: string, name: string): string {
    return join(this.streamsOf(runId), `${createHash('sha256').update(name, 'utf16le').digest('hex')}.log`);
  }

  programFile(hash: string): string {
    if (!isProgramHash(hash)) throw worldErrors.programHashInvalid(hash);
    return join(this.programs, `${hash}.js`);
  }

  /** Makes what is missing, and refuses what is no directory or has a newer format. */
  make(): void {
    try {
      for (const path of [this.active, this.ended, this.programs, this.streams, this.inbox]) {
        mkdirSync(path, { recursive: true, mode: directoryMode });
        if (!lstatSync(path).isDirectory()) throw new Error('not a directory');
      }
      if (!this.checkFormat()) {
        // By a rename: no other process may see it half written, and no killed one leave it so.
        const temporary = `${this.format}.${randomUUID()}.tmp`;
        writeFileSync(temporary, `${JSON.stringify({ format: DATA_FORMAT })}\n`, {
          mode: fileMode,
          flag: 'wx',
        });
        renameSync(temporary, this.format);
      }
    } catch (error) {
      throw WorldError.is(error) ? error : worldErrors.dataUnreadable(this.root, error);
    }
  }

  /** Removes what processes that died were writing to be renamed. */
  sweep(): void {
    for (const name of readdirSync(this.root)) {
      const path = join(this.root, name);
      const isLeft = name.endsWith('.tmp') && lstatSync(path).mtimeMs < Date.now() - STALE_REPLY_MS;
      if (isLeft) unlinkSync(path);
    }
  }

  /** Makes the directory of a run's streams, in the tree that `make` made. */
  makeStreamsOf(runId: string): void {
    const path = this.streamsOf(runId);
    mkdirSync(path, { recursive: true, mode: directoryMode });
    if (!lstatSync(path).isDirectory()) throw new Error('not a directory');
  }

  /** Carries the names of the directories through to the disk. */
  sync(): void {
    // Windows can neither open nor sync a directory.
    if (process.platform === 'win32') return;
    for (const path of [dirname(this.root), this.root, dirname(this.active)]) {
      const fd = openSync(path, 'r');
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    }
  }

  /** False: there is no data yet. Throws DATA_NEWER or DATA_UNREADABLE. */
  checkFormat(): boolean {
    let text: string;
    try {
      text = readFileSync(this.format, 'utf8');
    } catch (error) {
      if (isMissing(error)) return false;
      throw worldErrors.dataUnreadable(this.format, error);
    }
    const format = formatOf(text);
    if (typeof format === 'number' && format > DATA_FORMAT) {
      throw worldErrors.dataNewer(this.format, DATA_FORMAT, format);
    }
    if (format !== DATA_FORMAT) throw worldErrors.dataUnreadable(this.format, new Error('not a format file'));
    return true;
  }
}

function formatOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { format?: unknown } | null)?.format;
  } catch {
    return undefined;
  }
}

function checkedId(runId: string): string {
  if (!isId(runId)) throw worldErrors.inputInvalid('run id', `got ${JSON.stringify(runId)}`);
  return runId;
}

/** The run whose file has this name. */
export function runIdOfFile(name: string): string | undefined {
  return runFilePattern.exec(name)?.[1];
}

export function isStreamFile(name: string): boolean {
  return streamFilePattern.test(name);
}

export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ENOENT';
}
