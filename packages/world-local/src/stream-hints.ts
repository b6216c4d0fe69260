import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { isId } from '@perdure/world';
import { StreamWatchers } from '@perdure/world/live';
import type { Layout } from './layout.ts';
import { LOCK_RETRY_MS } from './limits.ts';

export interface StreamHintsOptions {
  readonly layout: Layout;
  /** A process that drives hints by itself. */
  readonly driving: () => boolean;
}

/** Hints of news in streams: of this process's own writes at once, of another's as the file system tells them. */
export class StreamHints {
  readonly #options: StreamHintsOptions;
  readonly #watchers = new StreamWatchers();
  /** By run. */
  readonly #directories = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StreamHintsOptions) {
    this.#options = options;
  }

  watch(runId: string, name: string, listener: () => void): () => void {
    const stop = this.#watchers.watch(keyOf(runId, name), listener);
    if (!this.#options.driving() && isId(runId)) this.#open(runId);
    this.#timer ??= setInterval(() => this.#look(), LOCK_RETRY_MS).unref();
    return stop;
  }

  emit(runId: string, name: string): void {
    this.#watchers.emit(keyOf(runId, name));
  }

  clear(): void {
    this.#watchers.clear();
    this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const runId of [...this.#directories.keys()]) this.#close(runId);
  }

  #look(): void {
    const names = new Map<string, string[]>();
    for (const key of this.#watchers.keys) {
      const slash = key.indexOf('/');
      const runId = key.slice(0, slash);
      if (!isId(runId)) continue;
      const watched = names.get(runId) ?? [];
      watched.push(key.slice(slash + 1));
      names.set(runId, watched);
    }
    if (names.size === 0 || this.#options.driving()) {
      for (const runId of [...this.#directories.keys()]) this.#close(runId);
      if (names.size === 0) this.stop();
      return;
    }
    for (const runId of [...this.#directories.keys()]) if (!names.has(runId)) this.#close(runId);
    for (const [runId, watched] of names)
      if (this.#open(runId)) for (const name of watched) this.emit(runId, name);
  }

  /** True when it has just begun to hear of the run's streams: what came before is news. */
  #open(runId: string): boolean {
    if (this.#directories.has(runId)) return false;
    try {
      const path = this.#options.layout.streamsOf(runId);
      const watcher = watch(path, { persistent: false }, (_event, file) => this.#hear(runId, file));
      watcher.on('error', () => this.#close(runId));
      this.#directories.set(runId, watcher);
      return true;
    } catch {
      // Not there yet, or out of watches: hints are lost, nothing else.
      return false;
    }
  }

  #hear(runId: string, file: string | null): void {
    if (this.#options.driving()) return;
    for (const key of this.#watchers.keys) {
      if (!key.startsWith(`${runId}/`)) continue;
      const path = this.#options.layout.streamFile(runId, key.slice(runId.length + 1));
      if (file === null || basename(path) === file) this.#watchers.emit(key);
    }
  }

  #close(runId: string): void {
    this.#directories.get(runId)?.close();
    this.#directories.delete(runId);
  }
}

/** No run id holds a slash. */
function keyOf(runId: string, name: string): string {
  return `${runId}/${name}`;
}
