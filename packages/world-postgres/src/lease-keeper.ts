/**
 * Renews the lease of this process when its main thread cannot: a step that computes for a minute must not make the
 * others believe that its process is dead.
 *
 * The main thread renews, and leaves a sign of life in shared memory. A thread of its own looks there, and only when there
 * is none for half a lease while runs are held does it connect and renew the process's row itself, for `STALL_MS` after the last sign
 * of life at most. A process that is stopped (SIGSTOP, a frozen machine) stops both.
 */
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type pg from 'pg';
import { runLeaseThread } from './lease-thread.ts';
import { STALL_MS } from './limits.ts';

/** What the two threads share: times in milliseconds since the epoch, by this machine's clock. */
export const sharedFields = { aliveAt: 0, held: 1 } as const;

export interface LeaseThreadData {
  readonly shared: SharedArrayBuffer;
  readonly connection: pg.ClientConfig;
  readonly schema: string;
  readonly stallMs: number;
}

/** A worker's name, and how long its lease lasts. */
export interface LeaseThreadMessage {
  readonly worker: string;
  readonly leaseMs: number;
}

export interface LeaseKeeperOptions {
  readonly pool: pg.PoolConfig;
  readonly schema: string;
  /** `off` with a clock of tests: real time means nothing then. */
  readonly mode: 'on' | 'off';
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #shared = new BigInt64Array(new SharedArrayBuffer(16));
  readonly #counts = { runs: 0, steps: 0 };
  readonly #told = new Set<string>();
  #thread: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beatMs = Number.POSITIVE_INFINITY;
  #state: 'on' | 'off';

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#state = options.mode;
  }

  /** How many are held of one kind. */
  count(kind: 'runs' | 'steps', count: number): void {
    this.#counts[kind] = count;
    const { runs, steps } = this.#counts;
    Atomics.store(this.#shared, sharedFields.held, BigInt(runs + steps));
  }

  /** The main thread has renewed the lease of a worker. */
  hold(worker: string, leaseMs: number): void {
    if (this.#state === 'off') return;
    this.#beat();
    if (this.#told.has(worker)) return;
    this.#told.add(worker);
    clearInterval(this.#timer);
    this.#beatMs = Math.min(this.#beatMs, leaseMs / 6);
    this.#timer = setInterval(() => this.#beat(), this.#beatMs).unref();
    this.#thread ??= this.#start();
    this.#thread?.postMessage({ worker, leaseMs } satisfies LeaseThreadMessage);
  }

  /** The main thread is not stuck: what it does not renew is not to be renewed for it. */
  #beat(): void {
    Atomics.store(this.#shared, sharedFields.aliveAt, BigInt(Date.now()));
  }

  /** Undefined where no thread can be had: then the main thread alone renews. */
  #start(): Worker | undefined {
    const { pool, schema } = this.#options;
    try {
      // A password that is a function, or a socket of the caller's, cannot be handed to a thread.
      const connection = structuredClone(connectionOf(pool));
      const workerData: LeaseThreadData = {
        shared: this.#shared.buffer,
        connection,
        schema,
        stallMs: STALL_MS,
      };
      const text = `(${runLeaseThread})({ threads: require('node:worker_threads'), loadPg: () => require(${JSON.stringify(pgFile())}) });`;
      const thread = new Worker(text, { eval: true, workerData, execArgv: [], name: 'perdure-lease' });
      thread.unref();
      thread.once('error', () => this.close());
      return thread;
    } catch {
      this.#state = 'off';
      return undefined;
    }
  }

  close(): void {
    this.#state = 'off';
    clearInterval(this.#timer);
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.terminate();
  }
}

/**
 * Where a thread loads `pg` from: beside this file, or beside the app, as a bundler may have moved this one.
 *
 * Throws where it is not to be found, bundled with everything else: a thread could renew nothing then.
 */
function pgFile(): string {
  const from = (place: string): string => createRequire(place).resolve('pg');
  try {
    const file = from(import.meta.url);
    // Bundlers may answer with an id of their own.
    if (isAbsolute(file)) return file;
  } catch {
    // Not from there.
  }
  return from(join(process.cwd(), 'app.js'));
}

function connectionOf({
  connectionString,
  host,
  port,
  database,
  user,
  password,
  ssl,
}: pg.PoolConfig): pg.ClientConfig {
  return { connectionString, host, port, database, user, password, ssl };
}
