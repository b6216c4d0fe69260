import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import {
  type Event,
  type EventOf,
  isEnded,
  isId,
  type LiveHook,
  type RunProjection,
  WorldError,
  worldErrors,
} from '@perdure/world';
import { copyRun } from '@perdure/world/live';
import type { Counters } from './counters.ts';
import { isMissing, type Layout, NO_FOLLOW } from './layout.ts';
import { FOLLOWED_EVENTS_MAX, FOLLOWED_RUNS_MAX } from './limits.ts';
import { RunLog } from './run-log.ts';
import { readSummary } from './summaries.ts';

interface Followed {
  log: RunLog;
  /** Identity of the file: a cleared directory may hold another one of the same name. */
  readonly inode: number;
  size: number;
}

/**
 * Runs as their files show them: those that have ended, and all of them while another process drives.
 *
 * A file that has grown since it was read last is read from there on. What stays folded is bounded by
 * `FOLLOWED_RUNS_MAX` and `FOLLOWED_EVENTS_MAX`.
 */
export class FollowedRuns {
  readonly #layout: Layout;
  readonly #counters: Counters;
  readonly #runs = new Map<string, Followed>();
  #events = 0;

  constructor(layout: Layout, counters: Counters) {
    this.#layout = layout;
    this.#counters = counters;
  }

  /** The run as its file shows it by now; undefined when there is no file or nothing whole in it. */
  load(runId: string): RunLog | undefined {
    return this.#withFile(runId, (_fd, _path, { log }) => {
      return log.projection || log.damage ? log : undefined;
    });
  }

  read(runId: string, range: { readonly after: number; readonly limit?: number }): Event[] {
    const events = this.#withFile(runId, (fd, path, { log }) => {
      if (log.damage) throw log.damage;
      return log.projection ? log.read(fd, path, range, this.#counters) : undefined;
    });
    if (!events) throw worldErrors.runNotFound(runId);
    return events;
  }

  /** The run's own projection, from as little of its file as it takes; a damaged one shows as paused. */
  summary(runId: string): RunProjection | undefined {
    if (!this.#runs.has(runId) && isId(runId)) {
      const run = readSummary(this.#layout.endedFile(runId), runId, this.#counters);
      if (run) return run;
    }
    try {
      const log = this.load(runId);
      if (log?.damage) return damagedRun(runId, log.projection?.run, log.damage);
      return log?.projection && copyRun(log.projection.run);
    } catch (error) {
      if (WorldError.is(error) && error.code === 'DATA_DAMAGED') return damagedRun(runId, undefined, error);
      throw error;
    }
  }

  /** How a run shows that was set aside for another reason than its file, with what its file still tells. */
  setAside(runId: string, damage: WorldError): RunProjection {
    return damagedRun(runId, this.summary(runId), damage);
  }

  /** The live hook with a token, looked for in all of these runs; damaged ones have none. */
  hookByToken(token: string, runIds: readonly string[]): LiveHook | undefined {
    for (const runId of runIds) {
      const log = this.load(runId);
      if (!log?.projection || log.damage || isEnded(log.projection.run.status)) continue;
      for (const { status, token: own, correlationId } of log.projection.hooks.values()) {
        if (own !== token || status !== 'live') continue;
        const created = this.read(runId, { after: 0 }).find(
          (event) => event.eventType === 'hook_created' && event.correlationId === correlationId,
        );
        return { runId, correlationId, token, createdEvent: created as EventOf<'hook_created'> };
      }
    }
    return undefined;
  }

  /** Takes over a run that has just ended here. */
  add(log: RunLog, fd: number): void {
    this.#drop(log.runId);
    this.#keep(log.runId, { log, inode: fstatSync(fd).ino, size: log.length });
  }

  clear(): void {
    this.#runs.clear();
    this.#events = 0;
  }

  #withFile<T>(runId: string, use: (fd: number, path: string, followed: Followed) => T): T | undefined {
    if (!isId(runId)) return undefined;
    const active = this.#layout.activeFile(runId);
    const ended = this.#layout.endedFile(runId);
    // Active again: the run may have ended between the first two looks, and not be seen at either.
    for (const path of [active, ended, active, ended]) {
      try {
        // Asked first: an error costs ten times the question, and runs that do not exist are looked for often.
        const stat = lstatSync(path, { throwIfNoEntry: false });
        if (!stat) continue;
        if (!stat.isFile()) throw worldErrors.dataDamaged(path, 1, 'no regular file');
        const fd = openSync(path, constants.O_RDONLY | NO_FOLLOW);
        try {
          return use(fd, path, this.#follow(runId, fd, path));
        } finally {
          closeSync(fd);
        }
      } catch (error) {
        if (isMissing(error)) continue;
        throw WorldError.is(error) ? error : worldErrors.dataUnreadable(path, error);
      }
    }
    return undefined;
  }

  #follow(runId: string, fd: number, path: string): Followed {
    const { ino, size } = fstatSync(fd);
    let followed = this.#runs.get(runId);
    if (!followed || followed.inode !== ino || size < followed.log.length) {
      followed = { log: new RunLog(runId), inode: ino, size: 0 };
    }
    this.#drop(runId);
    if (followed.size !== size) {
      const begun = followed.log.length > 0;
      followed.log.scan(fd, path, this.#counters, () => {});
      if (followed.log.damage && begun) {
        // The driver may have cut off an append that was seen here before it failed: what counts is the file.
        followed.log = new RunLog(runId);
        followed.log.scan(fd, path, this.#counters, () => {});
      }
      followed.size = size;
    }
    // A damaged run is looked at again each time: somebody may have repaired it.
    if (!followed.log.damage) this.#keep(runId, followed);
    return followed;
  }

  #keep(runId: string, followed: Followed): void {
    this.#runs.set(runId, followed);
    this.#events += followed.log.projection?.run.version ?? 0;
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= FOLLOWED_RUNS_MAX && this.#events <= FOLLOWED_EVENTS_MAX) break;
      this.#drop(oldest);
    }
  }

  #drop(runId: string): void {
    const followed = this.#runs.get(runId);
    if (!followed) return;
    this.#runs.delete(runId);
    this.#events -= followed.log.projection?.run.version ?? 0;
  }
}

/** How a run is shown whose file is damaged: paused, with where and what. */
function damagedRun(runId: string, known: RunProjection | undefined, damage: WorldError): RunProjection {
  const { code, message, hint } = damage;
  const run = known ?? {
    runId,
    workflowName: '(unreadable)',
    program: '(unreadable)',
    version: 0,
    createdAt: 0,
    updatedAt: 0,
    attributes: {},
  };
  return { ...run, status: 'paused', pauseReason: { code, message, hint } };
}
