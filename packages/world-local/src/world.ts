import { closeSync, existsSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type World, worldErrors } from '@perdure/world';
import { Hints, LiveRuns, LiveSteps, RunTable } from '@perdure/world/live';
import { type LocalStats, newCounters } from './counters.ts';
import { DirectoryHints } from './directory-hints.ts';
import { Driver } from './driver.ts';
import { Flusher } from './flusher.ts';
import { FollowedRuns } from './followed-runs.ts';
import { FollowedStreams } from './followed-streams.ts';
import { Histories } from './histories.ts';
import { Inbox } from './inbox.ts';
import { Layout } from './layout.ts';
import { Listing } from './listing.ts';
import type { Answer, Message } from './messages.ts';
import { OpenFiles } from './open-files.ts';
import { Outbox } from './outbox.ts';
import { LocalPrograms } from './programs.ts';
import { RecentEvents } from './recent-events.ts';
import { RetainedTokens } from './retained-tokens.ts';
import { LocalRuns } from './runs.ts';
import { LocalSteps } from './steps.ts';
import { StreamFiles } from './stream-files.ts';
import { StreamHints } from './stream-hints.ts';
import { StreamWriter } from './stream-writer.ts';
import { LocalStreams } from './streams.ts';

export interface LocalWorldOptions {
  /** Where the data lies; a relative path is resolved against the working directory, once. Default `.workflow-data`. */
  readonly dataDir?: string;
  /** Keeps everything of this world under `tags/<tag>` of the directory, apart from other tags. */
  readonly tag?: string;
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly clock?: () => number;
  /**
   * What an acknowledged write survives: `process`, the end of the process however sudden (default); `power`,
   * the end of the machine's too, for about the price of one fdatasync a write.
   */
  readonly durability?: 'process' | 'power';
}

/** A World in a data directory, with the counters of what it did to the files. */
export interface LocalWorld extends World {
  stats(): LocalStats;
}

/**
 * A World that keeps its runs in a directory, one append-only file each.
 *
 * Makes nothing until something is created, sent or claimed. Throws INPUT_INVALID for a tag that is no id;
 * calls throw DATA_UNREADABLE, DATA_NEWER or DATA_DAMAGED where the data is not what it should be.
 */
export function createLocalWorld(options: LocalWorldOptions = {}): LocalWorld {
  const { dataDir = '.workflow-data', tag, clock = Date.now, durability = 'process' } = options;
  return new DirectoryWorld(new Layout(dataDir, tag), clock, durability);
}

class DirectoryWorld implements LocalWorld {
  readonly name = 'local';
  readonly drivers = 'one';
  readonly runs: LocalRuns;
  readonly steps: LocalSteps;
  readonly programs: LocalPrograms;
  readonly streams: LocalStreams;
  readonly now: () => number;
  readonly #layout: Layout;
  readonly #counters = newCounters();
  readonly #files = new OpenFiles();
  readonly #recent = new RecentEvents();
  readonly #hints = new Hints();
  readonly #streamHints: StreamHints;
  readonly #followed: FollowedRuns;
  readonly #followedStreams: FollowedStreams;
  readonly #flusher: Flusher | undefined;
  readonly #histories: Histories;
  readonly #live: LiveRuns;
  readonly #streamFiles: StreamFiles;
  readonly #driver: Driver;
  readonly #directoryHints: DirectoryHints;
  #closed = false;

  constructor(layout: Layout, clock: () => number, durability: 'process' | 'power') {
    this.#layout = layout;
    this.now = clock;
    const counters = this.#counters;
    const files = this.#files;
    const recent = this.#recent;
    const hints = this.#hints;
    const flusher = durability === 'power' ? new Flusher(files, counters) : undefined;
    const syncs = flusher !== undefined;
    const followed = new FollowedRuns(layout, counters);
    const retained = new RetainedTokens({ layout, followed, counters, clock, syncs });
    const restore = () => this.#driver.restore();
    const histories = new Histories({
      layout,
      files,
      recent,
      followed,
      counters,
      flusher,
      retained,
      restore,
    });
    const table = new RunTable({ store: histories, clock, hints });
    const live = new LiveRuns(table);
    const inbox = new Inbox(layout, (message) => this.#apply(message));
    const streams = new StreamFiles({ layout, files, counters });
    const driver = new Driver({
      layout,
      live,
      histories,
      files,
      recent,
      counters,
      inbox,
      retained,
      streams,
      syncs,
    });
    this.#followed = followed;
    this.#followedStreams = new FollowedStreams(layout, counters);
    this.#flusher = flusher;
    this.#histories = histories;
    this.#live = live;
    this.#streamFiles = streams;
    this.#driver = driver;
    const driving = () => driver.driving;
    this.#streamHints = new StreamHints({ layout, driving });
    this.#directoryHints = new DirectoryHints({ layout, hints, driving });
    const open = () => this.#open();
    const outbox = new Outbox({ layout, drive: () => driver.drive(), open });
    this.runs = this.#newRuns(outbox, clock);
    this.steps = new LocalSteps({ live: new LiveSteps(table), driver, histories, open });
    this.programs = new LocalPrograms({ layout, open, settle: (path) => this.#settle(path) });
    this.streams = this.#newStreams(outbox, restore);
  }

  #newRuns(outbox: Outbox, clock: () => number): LocalRuns {
    return new LocalRuns({
      live: this.#live,
      histories: this.#histories,
      hints: this.#hints,
      open: () => this.#open(),
      clock,
      driver: this.#driver,
      outbox,
      followed: this.#followed,
      listing: new Listing(this.#layout),
      directoryHints: this.#directoryHints,
      checkFormat: () => this.#checkFormat(),
    });
  }

  #newStreams(outbox: Outbox, restore: () => boolean): LocalStreams {
    const layout = this.#layout;
    const counters = this.#counters;
    const files = this.#streamFiles;
    return new LocalStreams({
      layout,
      live: this.#live,
      driver: this.#driver,
      outbox,
      files,
      writer: new StreamWriter({ layout, streams: files, counters, flusher: this.#flusher, restore }),
      followed: this.#followedStreams,
      hints: this.#streamHints,
      counters,
      open: () => this.#open(),
      checkFormat: () => this.#checkFormat(),
    });
  }

  #checkFormat(): void {
    this.#layout.checkFormat();
  }

  /** Throws DRIVER_BUSY while another process drives the directory. */
  async clear(): Promise<void> {
    this.#open();
    this.#hints.clear();
    this.#streamHints.clear();
    this.#followed.clear();
    this.#followedStreams.clear();
    if (!existsSync(this.#layout.root)) return;
    if (!this.#driver.drive()) throw worldErrors.driverBusy(this.#layout.root, 'clearing it');
    await this.#flusher?.idle();
    this.#live.clear();
    this.#streamFiles.clear();
    this.#histories.clear();
    const { active, ended, programs, streams, inbox, retained } = this.#layout;
    try {
      for (const path of [active, ended, programs, streams, retained])
        rmSync(path, { recursive: true, force: true });
      // Its files only: processes that wait for a reply watch the directory itself.
      for (const name of readdirSync(inbox)) rmSync(join(inbox, name), { recursive: true, force: true });
    } catch (error) {
      throw worldErrors.dataUnreadable(this.#layout.root, error);
    }
    this.#layout.make();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#flusher?.idle();
    this.#driver.stop();
    this.#directoryHints.stop();
    this.#hints.clear();
    this.#streamHints.clear();
    this.#followed.clear();
    this.#followedStreams.clear();
  }

  stats(): LocalStats {
    return {
      ...this.#counters,
      recentEntries: this.#recent.entries,
      recentBytes: this.#recent.bytes,
      openFiles: this.#files.count,
      liveRuns: this.#histories.logs.size,
      driving: this.#driver.driving,
    };
  }

  #open(): void {
    if (this.#closed) throw worldErrors.worldClosed('local');
  }

  async #apply(message: Message): Promise<Answer> {
    if (message.kind === 'create') {
      const created = this.#live.create(message.event, message);
      await this.#histories.durableAll(created);
      return created;
    }
    if (message.kind !== 'send') return this.streams.apply(message);
    const sent = this.#live.send(message.runId, message.event, message);
    await this.#histories.durable(message.runId);
    return sent;
  }

  async #settle(path: string): Promise<void> {
    if (!this.#flusher) return;
    const fd = openSync(path, 'r');
    try {
      await this.#flusher.file(fd, path);
    } finally {
      closeSync(fd);
    }
    await this.#flusher.directory(this.#layout.programs);
  }
}
