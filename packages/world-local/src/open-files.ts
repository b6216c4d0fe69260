import { closeSync, constants, openSync } from 'node:fs';
import { NO_FOLLOW } from './layout.ts';
import { OPEN_FILES_MAX } from './limits.ts';

/**
 * The files of active runs that are open, at most `OPEN_FILES_MAX`; the one unused for longest is closed first.
 *
 * A file that a flush holds is closed when the flush lets go of it.
 */
export class OpenFiles {
  readonly #files = new Map<string, number>();
  readonly #held = new Map<number, number>();
  readonly #closing = new Set<number>();
  #last: string | undefined;

  get count(): number {
    return this.#files.size;
  }

  get(runId: string): number | undefined {
    const fd = this.#files.get(runId);
    // A run's appends come in a row: its place is refreshed once, not each time.
    if (fd !== undefined && this.#last !== runId) {
      this.#files.delete(runId);
      this.#files.set(runId, fd);
      this.#last = runId;
    }
    return fd;
  }

  add(runId: string, fd: number): void {
    this.#files.set(runId, fd);
    this.#last = runId;
    if (this.#files.size <= OPEN_FILES_MAX) return;
    const [oldest] = this.#files.keys();
    this.close(oldest!);
  }

  /** The open file of a run, opened now if need be. */
  open(runId: string, path: string): number {
    const known = this.get(runId);
    if (known !== undefined) return known;
    const fd = openSync(path, constants.O_RDWR | NO_FOLLOW);
    this.add(runId, fd);
    return fd;
  }

  close(runId: string): void {
    const fd = this.#files.get(runId);
    if (fd === undefined) return;
    this.#files.delete(runId);
    if (this.#last === runId) this.#last = undefined;
    if (this.#held.has(fd)) this.#closing.add(fd);
    else closeSync(fd);
  }

  closeAll(): void {
    for (const runId of [...this.#files.keys()]) this.close(runId);
  }

  hold(fd: number): void {
    this.#held.set(fd, (this.#held.get(fd) ?? 0) + 1);
  }

  letGo(fd: number): void {
    const holds = (this.#held.get(fd) ?? 1) - 1;
    if (holds > 0) {
      this.#held.set(fd, holds);
      return;
    }
    this.#held.delete(fd);
    if (this.#closing.delete(fd)) closeSync(fd);
  }
}
