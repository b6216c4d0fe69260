/** A Postgres of one's own, without Docker: gone with the process that started it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Order, Place, StopMode } from './keeper.ts';

export interface ServerOptions {
  /** `off` (default): what was committed outlives every crash of the server, but not one of the machine. */
  readonly fsync?: 'on' | 'off';
  /** Settings of the server by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer extends Place, AsyncDisposable {
  /** For the user `postgres`, who may do everything, and the database `postgres`. */
  readonly url: string;
  /** Default `fast`: clients are cut off, what was written stays. `immediate` is a crash. */
  stop(mode?: StopMode): Promise<void>;
  /** Starts it again after a stop, on the same port, with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}

const script = fileURLToPath(new URL('./keeper.ts', import.meta.url));

const defaults = { max_connections: '200', max_wal_senders: '0', wal_level: 'minimal' };

/** Makes a cluster in a temporary directory, and starts its server on a free port of the loopback address. */
export async function startPostgres({
  fsync = 'off',
  settings = {},
}: ServerOptions = {}): Promise<PostgresServer> {
  const keeper = new Keeper({ ...defaults, fsync, ...settings });
  try {
    return new Server(keeper, (await keeper.order('start'))!);
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

class Server implements PostgresServer {
  readonly port: number;
  readonly dataDir: string;
  readonly url: string;
  readonly #keeper: Keeper;
  #pid: number;

  constructor(keeper: Keeper, { port, pid, dataDir }: Place) {
    this.#keeper = keeper;
    this.#pid = pid;
    this.port = port;
    this.dataDir = dataDir;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  get pid(): number {
    return this.#pid;
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    await this.#keeper.order('stop', mode);
  }

  async start(): Promise<void> {
    this.#pid = (await this.#keeper.order('start'))!.pid;
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The process that keeps the server, as seen from here. While nothing is asked of it, it keeps no process alive. */
class Keeper {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #waiting = new Map<number, PromiseWithResolvers<Place | undefined>>();
  #orders = 0;

  constructor(settings: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (answer: Answer) => this.#take(answer));
    this.#gone = once(child, 'exit').then(() => {
      for (const { reject } of this.#waiting.values()) reject(this.#lost());
      this.#waiting.clear();
    });
    this.#hold('unref');
  }

  order(verb: Order['verb'], mode?: StopMode): Promise<Place | undefined> {
    if (!this.#child.connected) return Promise.reject(this.#lost());
    this.#orders += 1;
    const order: Order = { id: this.#orders, verb, ...(mode ? { mode } : {}) };
    const waiting = Promise.withResolvers<Place | undefined>();
    this.#waiting.set(order.id, waiting);
    this.#hold('ref');
    this.#child.send(order);
    return waiting.promise;
  }

  async close(): Promise<void> {
    this.#hold('ref');
    if (this.#child.connected) this.#child.disconnect();
    await this.#gone;
  }

  #take({ id, error, place }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#hold('unref');
    if (error === undefined) waiting?.resolve(place);
    else waiting?.reject(new Error(error));
  }

  #lost(): Error {
    return new Error('Expected the process that keeps Postgres, got its end.');
  }

  #hold(how: 'ref' | 'unref'): void {
    this.#child[how]();
    this.#child.channel?.[how]();
  }
}
