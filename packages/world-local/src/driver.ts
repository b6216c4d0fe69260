import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { basename } from 'node:path';
import { type Event, isEnded, type Projection, WorldError, worldErrors } from '@perdure/world';
import { type LiveRuns, retainedTokensOf } from '@perdure/world/live';
import type { Counters } from './counters.ts';
import { DriverLock } from './driver-lock.ts';
import type { Histories } from './histories.ts';
import type { Inbox } from './inbox.ts';
import { fileMode, type Layout, NO_FOLLOW, runIdOfFile } from './layout.ts';
import {
  CLAIMS_PER_TERM,
  DRIVER_POLL_MS,
  STALE_REPLY_MS,
  TERM_MAX,
  WAITING_MS,
  WORKER_IDLE_MS,
} from './limits.ts';
import { readWhole, writeWhole } from './messages.ts';
import type { OpenFiles } from './open-files.ts';
import type { RecentEvents } from './recent-events.ts';
import { recreateLostFiles } from './recovery.ts';
import type { RetainedTokens } from './retained-tokens.ts';
import { RunLog } from './run-log.ts';
import type { StreamFiles } from './stream-files.ts';

export interface DriverOptions {
  readonly layout: Layout;
  readonly live: LiveRuns;
  readonly histories: Histories;
  readonly files: OpenFiles;
  readonly recent: RecentEvents;
  readonly counters: Counters;
  readonly inbox: Inbox;
  readonly retained: RetainedTokens;
  readonly streams: StreamFiles;
  /** Whether new directories must survive a power failure. */
  readonly syncs: boolean;
}

/**
 * One process drives a directory at a time: it alone writes event files, so what it knows of them is true.
 *
 * - It takes the lock before it reads, and reads every active run: torn ends are cut off, ended runs moved.
 * - Claims of the process before it are gone with that process; runs are due as their last line says.
 * - A run whose file is damaged is set aside with its error, untouched; the others go on.
 * - A process that does not claim, or no longer, drives only while no worker waits for the lock: runs would stand
 *   still otherwise.
 */
export class Driver {
  readonly #options: DriverOptions;
  readonly #lock: DriverLock;
  #timer: NodeJS.Timeout | undefined;
  #sweptAt = 0;
  /** When this process asked for runs to drive last. */
  #workedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#lock = new DriverLock(options.layout.lock);
  }

  get driving(): boolean {
    return this.#timer !== undefined;
  }

  /** Becomes the driver if nobody else is; false: another process is. Throws DATA_NEWER and DATA_UNREADABLE. */
  drive(): boolean {
    if (this.#timer) return this.#lock.isInPlace() || this.restore();
    if (!this.#works() && this.#isAwaited()) return false;
    const { layout, inbox } = this.#options;
    // A worker of another process asks every moment: it must cost no more than the lock.
    if (!existsSync(layout.lock)) layout.make();
    layout.checkFormat();
    if (!this.#lock.acquire()) return false;
    try {
      layout.make();
      if (this.#options.syncs) layout.sync();
      this.#load();
    } catch (error) {
      this.stop();
      throw WorldError.is(error) ? error : worldErrors.dataUnreadable(layout.root, error);
    }
    // Unref'd: driving alone is no reason for a process to stay.
    this.#timer = setInterval(() => this.#poll(), DRIVER_POLL_MS).unref();
    inbox.listen();
    inbox.drain();
    return true;
  }

  /** Becomes the driver like `drive`, for a process that claims; where it cannot, it says that it waits. */
  driveToWork(): boolean {
    this.#workedAt = Date.now();
    const drives = this.drive();
    if (!drives) tidy(() => this.#wait());
    return drives;
  }

  /** Lets go of the directory; whatever was live is forgotten here, and the next driver's. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#options.inbox.stop();
    this.#options.live.clear();
    this.#options.streams.clear();
    this.#options.histories.clear();
    this.#lock.release();
  }

  #poll(): void {
    const inPlace = this.#lock.isInPlace() && existsSync(this.#options.layout.active);
    if (!inPlace && !this.restore()) return;
    this.#options.inbox.drain();
    if (this.#isAwaited() && !this.#works()) {
      this.stop();
      return;
    }
    if (Date.now() - this.#sweptAt < STALE_REPLY_MS) return;
    this.#sweptAt = Date.now();
    this.#options.inbox.sweep();
    tidy(() => this.#options.layout.sweep());
  }

  #works(): boolean {
    return Date.now() - this.#workedAt < WORKER_IDLE_MS || this.#options.live.hasClaims;
  }

  #wait(): void {
    const flags = constants.O_WRONLY | constants.O_CREAT | NO_FOLLOW;
    const fd = openSync(this.#options.layout.waiting, flags, fileMode);
    try {
      const now = Date.now() / 1000;
      futimesSync(fd, now, now);
    } finally {
      closeSync(fd);
    }
  }

  #isAwaited(): boolean {
    try {
      const since = lstatSync(this.#options.layout.waiting, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      return Math.abs(Date.now() - since) < WAITING_MS;
    } catch {
      // What is wrong with the place is said by those who need it.
      return false;
    }
  }

  /** Makes the directory again that somebody removed under this process; false if another process was quicker. */
  restore(): boolean {
    const { layout, live, inbox, streams } = this.#options;
    inbox.stop();
    // Still held where only a part of the directory is gone: then nobody may come in between.
    if (!this.#lock.isInPlace()) this.#lock.release();
    try {
      layout.make();
      if (this.#lock.acquire()) {
        this.#beginTerm();
        recreateLostFiles(this.#options);
        streams.recreateLost((runId) => live.find(runId) !== undefined);
        inbox.listen();
      } else this.stop();
    } catch {
      // The directory cannot be made: the next call that needs it says why.
      this.stop();
    }
    return this.driving;
  }

  /** Claims are not stored, so each driver's epochs begin above all that drivers before it can have reached. */
  #beginTerm(): void {
    const { layout, live } = this.#options;
    const term = Math.max(termOf(layout.term) + 1, Math.floor(Date.now() / 1000));
    writeWhole(layout.root, basename(layout.term), `${JSON.stringify({ term })}\n`);
    live.raiseEpoch(term * CLAIMS_PER_TERM);
  }

  #load(): void {
    this.#beginTerm();
    const { layout, live, histories, retained } = this.#options;
    for (const token of retained.load()) live.retain(token);
    for (const entry of readdirSync(layout.active, { withFileTypes: true })) {
      const runId = runIdOfFile(entry.name);
      if (runId === undefined) continue;
      if (entry.isFile()) this.#loadRun(runId);
      else
        histories.damaged.set(runId, worldErrors.dataDamaged(layout.activeFile(runId), 1, 'no regular file'));
    }
  }

  #loadRun(runId: string): void {
    const { layout, live, histories, files, counters } = this.#options;
    const path = layout.activeFile(runId);
    const log = new RunLog(runId);
    const hooks: Event[] = [];
    try {
      const fd = files.open(runId, path);
      log.scan(fd, path, counters, (event) => {
        if (event.eventType === 'hook_created') hooks.push(event);
      });
      if (!log.damage && fstatSync(fd).size !== log.length) ftruncateSync(fd, log.length);
    } catch (error) {
      // This one run cannot be opened; the others can.
      log.damage = WorldError.is(error) ? error : worldErrors.dataUnreadable(path, error);
    }
    const { projection, damage } = log;
    if (damage || !projection || isEnded(projection.run.status)) files.close(runId);
    if (damage) histories.damaged.set(runId, damage);
    else if (!projection) tidy(() => unlinkSync(path));
    else if (isEnded(projection.run.status)) this.#settle(projection, path);
    else {
      histories.logs.set(runId, log);
      live.adopt(projection, log.wakeAt, hooks);
    }
  }

  /** A run that ended when its process did. */
  #settle(projection: Projection, path: string): void {
    const { layout, live, retained } = this.#options;
    const tokens = retainedTokensOf(projection);
    for (const token of tokens) live.retain(token);
    tidy(() => {
      retained.keep(tokens);
      renameSync(path, layout.endedFile(projection.run.runId));
    });
  }
}

/**
 * What lies in the wrong place may go on lying there: reads know both places, and take an empty file for none.
 * A wish to drive that cannot be written is written at the next look.
 */
function tidy(change: () => void): void {
  try {
    change();
  } catch {
    // The next driver tries again.
  }
}

/** The last driver's term; 0 when nothing readable says so: then the clock alone keeps terms apart. */
function termOf(path: string): number {
  try {
    const { term } = JSON.parse(readWhole(path)) as { term?: unknown };
    return Number.isSafeInteger(term) && (term as number) < TERM_MAX ? (term as number) : 0;
  } catch {
    return 0;
  }
}
