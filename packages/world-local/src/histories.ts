import { constants, ftruncateSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import {
  type CreateResult,
  type Event,
  isEnded,
  type Projection,
  WorldError,
  worldErrors,
} from '@perdure/world';
import { type HistoryStore, type LiveRun, retainedTokensOf } from '@perdure/world/live';
import type { Counters } from './counters.ts';
import type { Flusher } from './flusher.ts';
import type { FollowedRuns } from './followed-runs.ts';
import { fileMode, isMissing, type Layout, NO_FOLLOW } from './layout.ts';
import { type Commit, encodeEvent, encodeWake } from './lines.ts';
import type { OpenFiles } from './open-files.ts';
import type { RecentEvents } from './recent-events.ts';
import { rescue } from './recovery.ts';
import type { RetainedTokens } from './retained-tokens.ts';
import { RunLog } from './run-log.ts';

export interface HistoriesOptions {
  readonly layout: Layout;
  readonly files: OpenFiles;
  readonly recent: RecentEvents;
  readonly followed: FollowedRuns;
  readonly counters: Counters;
  /** Undefined: what the system holds is durable enough. */
  readonly flusher: Flusher | undefined;
  readonly retained: RetainedTokens;
  /** Makes removed directories and files again; false when another process drives the directory by now. */
  readonly restore: () => boolean;
}

/** The histories of the runs that this process drives, each in its file. */
export class Histories implements HistoryStore {
  /** Live runs only. */
  readonly logs: Map<string, RunLog> = new Map();
  /** Runs whose file is not whole; they are nobody's until it is repaired. */
  readonly damaged: Map<string, WorldError> = new Map();
  readonly #options: HistoriesOptions;
  /** The sync that covers the last write of a run; runs that ended keep it until it is done. */
  readonly #syncs = new Map<string, Promise<void>>();

  constructor(options: HistoriesOptions) {
    this.#options = options;
  }

  write(run: LiveRun, events: readonly Event[], wakeAt: number | null): void {
    const { runId } = run.projection.run;
    const known = this.logs.get(runId);
    const log = known ?? this.#begin(run);
    const path = this.#options.layout.activeFile(runId);
    const ended = isEnded(run.projection.run.status);
    let texts: string[];
    try {
      texts = this.#encode(log, run, events, wakeAt);
      this.#put(log, path, texts);
    } catch (error) {
      if (!known) this.#abandon(log, path);
      // Its file was removed while it was closed: it is written again, or the run set aside, for the next call.
      else if (isMissing(error)) this.#options.restore();
      throw WorldError.is(error) ? error : worldErrors.dataUnreadable(path, error);
    }
    this.#account(log, events, texts, wakeAt);
    if (this.#options.flusher) this.#sync(log, path, { created: !known });
    if (ended) this.#end(log, path);
  }

  read(runId: string, range: { readonly after: number; readonly limit?: number }): Event[] {
    const log = this.logs.get(runId);
    if (!log) return this.#options.followed.read(runId, range);
    const tail = log.projection?.run.version ?? 0;
    const last = Math.min(tail, range.after + (range.limit ?? tail));
    if (last <= range.after) return [];
    const recent = this.#options.recent.read(runId, range.after, last);
    if (recent) return recent;
    const path = this.#options.layout.activeFile(runId);
    try {
      return log.read(this.#options.files.open(runId, path), path, range, this.#options.counters);
    } catch (error) {
      throw WorldError.is(error) ? error : worldErrors.dataUnreadable(path, error);
    }
  }

  findEnded(runId: string): Projection | undefined {
    const damage = this.damaged.get(runId);
    if (damage) throw damage;
    const log = this.#options.followed.load(runId);
    if (log?.damage) throw log.damage;
    return log?.projection;
  }

  /** Settles when the last write of a run is as durable as this world promises. */
  durable(runId: string): Promise<void> | undefined {
    return this.#syncs.get(runId);
  }

  /** Settles when the run that was created, and the end of the one it replaced, are as durable as promised. */
  async durableAll({ run, replacedRunId }: CreateResult): Promise<void> {
    const syncs = [run.runId, replacedRunId ?? run.runId].map((runId) => this.durable(runId));
    if (syncs.some((sync) => sync !== undefined)) await Promise.all(syncs);
  }

  clear(): void {
    this.logs.clear();
    this.damaged.clear();
    this.#options.recent.clear();
    this.#options.files.closeAll();
    this.#options.followed.clear();
  }

  #begin(run: LiveRun): RunLog {
    const { runId } = run.projection.run;
    const log = new RunLog(runId);
    log.projection = run.projection;
    const path = this.#options.layout.activeFile(runId);
    const create = () => {
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
      this.#options.files.add(runId, openSync(path, flags, fileMode));
    };
    try {
      create();
    } catch (error) {
      if (!isMissing(error)) throw worldErrors.dataUnreadable(path, error);
      const { layout, restore } = this.#options;
      if (!restore()) throw worldErrors.driverBusy(layout.root, 'creating a run');
      create();
    }
    this.logs.set(runId, log);
    return log;
  }

  #encode(log: RunLog, run: LiveRun, events: readonly Event[], wake: number | null): string[] {
    if (events.length === 0) return [encodeWake(run.projection.run.version, wake, log.seed)];
    const commit = commitOf(run, wake);
    const last = events.length - 1;
    return events.map((event, index) => encodeEvent(event, log.seed, index === last ? commit : undefined));
  }

  /** One write call for the whole append; whatever it leaves when it fails is cut off again. */
  #put(log: RunLog, path: string, texts: readonly string[]): void {
    const fd = this.#options.files.open(log.runId, path);
    if (log.ragged) {
      ftruncateSync(fd, log.length);
      log.ragged = false;
    }
    const text = texts.length === 1 ? texts[0]! : texts.join('');
    const bytes = Buffer.byteLength(text);
    try {
      const written = writeSync(fd, text, log.length, 'utf8');
      if (written !== bytes) throw new Error(`wrote ${written} of ${bytes} bytes; the disk may be full`);
    } catch (error) {
      log.ragged = true;
      ftruncateSync(fd, log.length);
      log.ragged = false;
      throw error;
    }
    this.#options.counters.writes += 1;
    this.#options.counters.writtenBytes += bytes;
  }

  #account(log: RunLog, events: readonly Event[], texts: readonly string[], wakeAt: number | null): void {
    for (const [index, text] of texts.entries()) {
      const bytes = Buffer.byteLength(text);
      const event = events[index];
      if (event) {
        log.offsets.add(event.version, log.length);
        this.#options.recent.add(event, bytes);
      }
      log.length += bytes;
    }
    log.lines += texts.length;
    log.wakeAt = wakeAt;
  }

  #abandon(log: RunLog, path: string): void {
    this.logs.delete(log.runId);
    this.#options.files.close(log.runId);
    try {
      unlinkSync(path);
    } catch {
      // An empty or torn file of a run that was never acknowledged; the next opening removes it.
    }
  }

  #sync(log: RunLog, path: string, change: { readonly created: boolean }): void {
    const { files, flusher, layout } = this.#options;
    const fd = files.open(log.runId, path);
    const parts = [flusher!.file(fd, path)];
    if (change.created) parts.push(flusher!.directory(layout.active));
    const sync = parts.length === 1 ? parts[0]! : Promise.all(parts).then(() => {});
    this.#syncs.set(log.runId, sync);
    const done = () => {
      if (this.#syncs.get(log.runId) === sync) this.#syncs.delete(log.runId);
    };
    sync.then(done, done);
  }

  /** The log stays the truth: an ended run in the wrong directory is moved by the next opening. */
  #end(log: RunLog, path: string): void {
    const { files, followed, layout, recent, retained } = this.#options;
    const tokens = log.projection ? retainedTokensOf(log.projection) : [];
    this.logs.delete(log.runId);
    recent.forget(log.runId);
    followed.add(log, files.open(log.runId, path));
    try {
      retained.keep(tokens);
      renameSync(path, layout.endedFile(log.runId));
    } catch (error) {
      // Anything else may stay where it is: reads look in both places.
      if (isMissing(error)) rescue(layout, log, files.open(log.runId, path));
    }
    files.close(log.runId);
  }
}

function commitOf(run: LiveRun, wake: number | null): Commit {
  const { status, startedAt, attributes } = run.projection.run;
  if (!isEnded(status)) return { wake };
  const retained = retainedTokensOf(run.projection);
  return {
    wake,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(retained.length === 0
      ? {}
      : { retains: retained.map(({ token, until }) => [token, until] as const) }),
  };
}
