import {
  constants,
  fdatasyncSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type Event, worldErrors } from '@perdure/world';
import type { LiveRuns } from '@perdure/world/live';
import type { Counters } from './counters.ts';
import type { Histories } from './histories.ts';
import { fileMode, type Layout, NO_FOLLOW } from './layout.ts';
import { encodeEvent } from './lines.ts';
import type { OpenFiles } from './open-files.ts';
import type { RecentEvents } from './recent-events.ts';
import { RunLog } from './run-log.ts';

export interface RecoveryOptions {
  readonly layout: Layout;
  readonly live: LiveRuns;
  readonly histories: Histories;
  readonly files: OpenFiles;
  readonly recent: RecentEvents;
  readonly counters: Counters;
}

/**
 * Writes the files of live runs again after somebody removed them under this process.
 *
 * The whole history is at hand when the file is still open (a removed file lives on until it is closed) or when
 * recent events reach back to the first. A run of which neither is true is set aside as damaged: going on with
 * a part of a history would be worse than stopping. The same holds for one in whose place another file lies. Runs that had ended are gone; they were removed on purpose.
 */
export function recreateLostFiles(options: RecoveryOptions): void {
  const { layout, histories, files, recent } = options;
  const logs = [...histories.logs.values()];
  // Open ones first: writing the others again opens files, which may close one that lives on only while open.
  const open = logs.filter((log) => files.get(log.runId) !== undefined);
  for (const log of new Set([...open, ...logs])) {
    const path = layout.activeFile(log.runId);
    const fd = files.get(log.runId);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found) {
      const isOurs = found.size === log.length && (fd === undefined || found.ino === fstatSync(fd).ino);
      if (!isOurs) setAside(options, log, path, 'another file in its place');
      continue;
    }
    const tail = log.projection?.run.version ?? 0;
    const content =
      fd === undefined ? encoded(log, recent.read(log.runId, 0, tail)) : contentOf(fd, log.length);
    if (content) rewrite(options, log, path, content);
    else setAside(options, log, path, 'no file: it was removed');
  }
}

function setAside(options: RecoveryOptions, log: RunLog, path: string, problem: string): void {
  const { live, histories, files, recent } = options;
  histories.logs.delete(log.runId);
  recent.forget(log.runId);
  files.close(log.runId);
  live.forsake(log.runId);
  histories.damaged.set(log.runId, worldErrors.dataDamaged(path, 1, problem));
}

/** Writes the file of a run that has just ended to its place, from the open file that is in no place any more. */
export function rescue(layout: Layout, log: RunLog, fd: number): void {
  const content = contentOf(fd, log.length);
  if (!content) return;
  try {
    layout.make();
    writeFileSync(layout.endedFile(log.runId), content, { flag: 'wx', mode: fileMode });
  } catch {
    // The run ended in a directory that is gone and cannot be made again: there is nowhere to keep it.
  }
}

function rewrite(options: RecoveryOptions, old: RunLog, path: string, content: Buffer): void {
  const { files, histories, counters } = options;
  files.close(old.runId);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW, fileMode);
  files.add(old.runId, fd);
  writeSync(fd, content);
  fdatasyncSync(fd);
  const log = new RunLog(old.runId);
  log.scan(fd, path, counters, () => {});
  // The live run and its log share one projection.
  log.projection = old.projection;
  histories.logs.set(log.runId, log);
}

function contentOf(fd: number, length: number): Buffer | undefined {
  const content = Buffer.alloc(length);
  return readSync(fd, content, 0, length, 0) === length ? content : undefined;
}

/** The history as one append: it is whole, and only the last line has to say so. */
function encoded(log: RunLog, events: readonly Event[] | undefined): Buffer | undefined {
  if (!events || events.length === 0) return undefined;
  const last = events.length - 1;
  const commit = { wake: log.wakeAt };
  const lines = events.map((event, n) => encodeEvent(event, log.seed, n === last ? commit : undefined));
  return Buffer.from(lines.join(''));
}
