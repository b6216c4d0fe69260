import { closeSync, constants, lstatSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { worldErrors } from '@perdure/world';
import { fileMode, NO_FOLLOW } from './layout.ts';

const SQLITE_BUSY = 5;

/**
 * The right to drive a data directory: one process has it, and it ends with the process however that ends.
 *
 * Node has no call for a file lock; SQLite, which is built in, takes the kernel's on every platform. Nothing
 * is stored in the file. A lock file must never be opened otherwise: on POSIX systems closing any descriptor of
 * a file drops the locks of the whole process on it.
 */
export class DriverLock {
  readonly #path: string;
  #database: DatabaseSync | undefined;
  #inode = 0;

  constructor(path: string) {
    this.#path = path;
  }

  get held(): boolean {
    return this.#database !== undefined;
  }

  /** False when another process, or another world of this one, has it. */
  acquire(): boolean {
    if (this.#database) return true;
    let database: DatabaseSync | undefined;
    try {
      this.#makeFile();
      database = new DatabaseSync(this.#path, { timeout: 0 });
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      this.#inode = lstatSync(this.#path).ino;
    } catch (error) {
      database?.close();
      if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return false;
      throw worldErrors.dataUnreadable(this.#path, error);
    }
    this.#database = database;
    return true;
  }

  /** Whether the locked file is still the one at its path; not, when somebody removed the directory. */
  isInPlace(): boolean {
    try {
      return lstatSync(this.#path).ino === this.#inode;
    } catch {
      return false;
    }
  }

  release(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #makeFile(): void {
    try {
      const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | NO_FOLLOW;
      closeSync(openSync(this.#path, flags, fileMode));
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
      if (!lstatSync(this.#path).isFile()) throw new Error('not a file');
    }
  }
}
