/** Stands between clients and a server in this process, passes on what they say, and breaks what it is told to break. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type CutHow, type Fault, Injected, type Injection, type Statement } from './faults.ts';
import { type Middle, ProxiedConnection } from './proxied-connection.ts';

/** What went through since the proxy was made, or since `forget()`. */
export interface Passed {
  /** Statements that went to the server, how often by text; white space counts as one space. */
  readonly statements: ReadonlyMap<string, number>;
  /** Transactions that were committed, single statements included, and whose client was told. */
  readonly commits: number;
  readonly connections: number;
  /** Connections that the proxy cut. */
  readonly cuts: number;
}

export interface CutOptions {
  readonly skip?: number;
  readonly count?: number;
  readonly how?: CutHow;
}

export async function startProxy({ url }: { readonly url: string }): Promise<PostgresProxy> {
  const { hostname, port } = new URL(url);
  const proxy = new PostgresProxy({ host: hostname, port: Number(port || 5432) });
  await proxy.accept();
  return proxy;
}

export class PostgresProxy implements AsyncDisposable {
  /** How much later than it came everything goes on, each way. */
  delayMs = 0;
  readonly #middle: Middle;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #injected: { readonly fault: Fault; readonly injected: Injected }[] = [];
  #listener: Server | undefined;
  #port = 0;
  #refusal: string | undefined;
  #gate: Promise<void> | undefined;
  #statements = new Map<string, number>();
  #commits = 0;
  #made = 0;
  #cuts = 0;
  #number = 0;

  constructor(target: Middle['target']) {
    const proxy = this;
    this.#middle = {
      target,
      get delayMs() {
        return proxy.delayMs;
      },
      get gate() {
        return proxy.#gate;
      },
      get refusal() {
        return proxy.#refusal;
      },
      faultFor: (statement) => this.#faultFor(statement),
      passed: (text) => {
        const known = text.replace(/\s+/g, ' ').trim();
        this.#statements.set(known, (this.#statements.get(known) ?? 0) + 1);
      },
      committed: () => {
        this.#commits += 1;
      },
      cut: () => {
        this.#cuts += 1;
      },
      closed: (connection) => this.#connections.delete(connection),
    };
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#connections.size;
  }

  get passed(): Passed {
    const { cuts, connections } = { cuts: this.#cuts, connections: this.#made };
    return { statements: this.#statements, commits: this.#commits, connections, cuts };
  }

  /** Counts from zero again. */
  forget(): void {
    this.#statements = new Map();
    this.#commits = 0;
    this.#made = 0;
    this.#cuts = 0;
  }

  /** The way to a database through this proxy. */
  through(database: string): string {
    const url = new URL(database);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.href;
  }

  inject(injection: Injection): Injected {
    const injected = new Injected(injection);
    this.#injected.push({ fault: injection.fault, injected });
    return injected;
  }

  /** Cuts connections now: all of them, or so many from the oldest on, after so many that stay. */
  cut({ skip = 0, count = Number.POSITIVE_INFINITY, how }: CutOptions = {}): number {
    const victims = [...this.#connections].slice(skip, skip + count);
    for (const connection of victims) connection.cut(how);
    return victims.length;
  }

  /** Nothing goes on, either way, as over a line that died without a word, until the function is called. */
  stall(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return () => {
      this.#gate = undefined;
      resolve();
    };
  }

  /** New connections find nobody who listens or, with a SQLSTATE, a server that does not take them. */
  async refuse(code?: string): Promise<void> {
    this.#refusal = code;
    if (code !== undefined || !this.#listener) return;
    // It waits for the connections that are open, which go on.
    this.#listener.close();
    this.#listener = undefined;
  }

  /** Takes new connections (again). */
  async accept(): Promise<void> {
    this.#refusal = undefined;
    if (this.#listener) return;
    const listener = createServer({ noDelay: true }, (client) => this.#take(client));
    this.#listener = listener;
    listener.listen(this.#port, '127.0.0.1');
    await once(listener, 'listening');
    this.#port = (listener.address() as AddressInfo).port;
  }

  /** Ends every connection and listens no longer. */
  async close(): Promise<void> {
    await this.refuse();
    this.cut();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #take(client: Socket): void {
    this.#made += 1;
    this.#number += 1;
    this.#connections.add(new ProxiedConnection(client, this.#number, this.#middle));
  }

  #faultFor(statement: Statement): ReturnType<Middle['faultFor']> {
    for (const one of this.#injected) {
      const fault = one.injected.faultFor(statement);
      if (fault) return one;
    }
    return undefined;
  }
}
