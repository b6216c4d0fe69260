/** The servers of an app on one store: one, or several, to which requests go in turn. */
import { type Mode, startApp } from './apps.ts';
import type { Way } from './exceptions.ts';
import type { Place } from './over-http.ts';
import { problemsOf, type ServerProcess } from './server-process.ts';
import type { Store } from './stores.ts';

export interface Target {
  readonly app: string;
  readonly world: string;
  readonly mode: Mode;
  readonly workers: number;
}

/** The way on which cases are played there. */
export function wayTo({ workers }: Pick<Target, 'workers'>): Way {
  return workers === 1 ? 'http' : 'http fleet';
}

export class Fleet {
  readonly store: Store;
  readonly leaseMs: number;
  readonly #target: Target;
  #alive: ServerProcess[] = [];
  #asked = 0;

  /** Empty: `fill` starts the servers. */
  constructor(target: Target, store: Store, leaseMs: number) {
    this.#target = target;
    this.store = store;
    this.leaseMs = leaseMs;
  }

  /** Whose turn it is. */
  readonly place: Place = () => {
    this.#asked += 1;
    return this.#alive[this.#asked % this.#alive.length]!.url;
  };

  get pids(): readonly number[] {
    return this.#alive.map(({ pid }) => pid);
  }

  /** Starts servers until there are as many as there shall be. */
  fill(): Promise<void> {
    return this.#startUpTo(this.#target.workers);
  }

  /** Starts another one, unless it was not the last one that was killed: where others go on, nothing may wait for it. */
  restart(): Promise<void> {
    return this.#startUpTo(Math.max(1, this.#target.workers - 1));
  }

  async #startUpTo(workers: number): Promise<void> {
    const missing = Math.max(0, workers - this.#alive.length);
    const setting = { ...this.#target, store: this.store, leaseMs: this.leaseMs };
    // All at once, on a store in which nothing is yet: it is one of them that makes it ready.
    this.#alive.push(...(await Promise.all(Array.from({ length: missing }, () => startApp(setting)))));
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(pid: number): Promise<void> {
    const killed = this.#alive.find((server) => server.pid === pid);
    if (!killed) throw new Error(`Expected the process ${pid} to be one of ${this.pids.join(', ')}.`);
    this.#alive = this.#alive.filter((server) => server !== killed);
    await killed.kill();
  }

  /** What came on stderr since the last call, as `problemsOf` says. */
  problems(expected: string | undefined): string[] {
    return this.#alive.flatMap((server) => problemsOf(server, expected));
  }

  /** Ends the servers, and removes what they kept. */
  async close(): Promise<void> {
    await Promise.all(this.#alive.map((server) => server.stop()));
    await this.store.remove();
  }
}
