/**
 * A pooler in this process that lends connections for a transaction at a time, as PgBouncer does in its transaction
 * mode without support for prepared statements.
 *
 * What belongs to a session is not the client's: named statements, SET, LISTEN, temporary tables and advisory locks of the
 * session stay on whichever connection they were made. The connection that rested longest is lent next, so that
 * a client notices. Parameters that would be such state at the start of a session are refused. Requests to cancel
 * do nothing.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { LinkPool } from './link-pool.ts';
import { PooledClient } from './pooled-client.ts';

export interface PoolerOptions {
  /** Connections to the server for each user and database. Default 2. */
  readonly size?: number;
}

export async function startPooler(
  server: { readonly url: string },
  { size = 2 }: PoolerOptions = {},
): Promise<Pooler> {
  const pooler = new Pooler(server.url, size);
  await pooler.listen();
  return pooler;
}

export class Pooler implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #size: number;
  readonly #pools = new Map<string, LinkPool>();
  readonly #clients = new Set<Socket>();
  readonly #listener: Server;

  constructor(url: string, size: number) {
    const { hostname, port } = new URL(url);
    this.#target = { host: hostname, port: Number(port || 5432) };
    this.#size = size;
    this.#listener = createServer({ noDelay: true }, (socket) => {
      this.#clients.add(socket);
      socket.once('close', () => this.#clients.delete(socket));
      new PooledClient(socket, (user, database) => this.#poolOf(user, database));
    });
  }

  async listen(): Promise<void> {
    await once(this.#listener.listen(0, '127.0.0.1'), 'listening');
  }

  /** Clients that are connected. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Open connections to the server. */
  get links(): number {
    return [...this.#pools.values()].reduce((sum, { open }) => sum + open, 0);
  }

  /** The way to a database through this pooler. */
  through(database: string): string {
    const url = new URL(database);
    url.hostname = '127.0.0.1';
    url.port = String((this.#listener.address() as AddressInfo).port);
    return url.href;
  }

  /** Ends every connection, on both sides. */
  async close(): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    for (const client of this.#clients) client.destroy();
    for (const pool of this.#pools.values()) pool.close();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #poolOf(user: string, database: string): LinkPool {
    const key = JSON.stringify([user, database]);
    let pool = this.#pools.get(key);
    if (!pool) {
      const identity = new Map([
        ['user', user],
        ['database', database],
      ]);
      pool = new LinkPool(this.#target, identity, this.#size);
      this.#pools.set(key, pool);
    }
    return pool;
  }
}
