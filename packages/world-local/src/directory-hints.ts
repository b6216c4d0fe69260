import { type FSWatcher, watch } from 'node:fs';
import type { Hints } from '@perdure/world/live';
import { type Layout, runIdOfFile } from './layout.ts';
import { LOCK_RETRY_MS } from './limits.ts';

export interface DirectoryHintsOptions {
  readonly layout: Layout;
  readonly hints: Hints;
  /** A process that drives hints by itself. */
  readonly driving: () => boolean;
}

/** Hints for a process that does not drive: what the file system tells of the run files, coalesced. */
export class DirectoryHints {
  readonly #options: DirectoryHintsOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #news = new Map<string, 'moved' | 'ended'>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DirectoryHintsOptions) {
    this.#options = options;
  }

  /** Begins to look, and keeps looking for directories that do not exist yet; idempotent. */
  start(): void {
    if (this.#timer) return;
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOCK_RETRY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#closeAll();
  }

  #look(): void {
    const { layout, hints, driving } = this.#options;
    if (driving() || !hints.watched) {
      this.#closeAll();
      return;
    }
    this.#open(layout.active, 'moved');
    this.#open(layout.ended, 'ended');
  }

  #open(directory: string, kind: 'moved' | 'ended'): void {
    if (this.#watchers.has(directory)) return;
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => this.#hear(name, kind));
      watcher.on('error', () => this.#close(directory));
      this.#watchers.set(directory, watcher);
    } catch {
      // Not there yet, or out of watches: hints are lost, nothing else (W7).
    }
  }

  #hear(name: string | null, kind: 'moved' | 'ended'): void {
    const runId = name === null ? undefined : runIdOfFile(name);
    if (runId === undefined || this.#options.driving()) return;
    if (this.#news.size === 0) setImmediate(() => this.#tell());
    if (this.#news.get(runId) !== 'ended') this.#news.set(runId, kind);
  }

  #tell(): void {
    const news = [...this.#news];
    this.#news.clear();
    for (const [runId, kind] of news) this.#options.hints.emit(runId, kind);
  }

  #close(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }

  #closeAll(): void {
    for (const directory of [...this.#watchers.keys()]) this.#close(directory);
  }
}
