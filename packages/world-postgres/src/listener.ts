/**
 * Notifications: one connection that listens, from the first time that somebody watches.
 *
 * Nothing relies on them (W7). Whether they arrive is tried: a pooler may accept LISTEN and never deliver.
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { Database } from './database.ts';
import { HELLO_MS, HELLO_TIMEOUT_MS, RECONNECT_MS } from './limits.ts';

export interface ListenerOptions {
  readonly database: Database;
  /** Makes a client that is not of the pool: a listening one is never free. */
  readonly connect: () => pg.Client;
  readonly channel: string;
  /** Of this process: its own notifications are no news. */
  readonly origin: string;
  readonly onHint: (kind: string, subject: string) => void;
  /** It begins to listen, and does not know what was told before. */
  readonly onListening: () => void;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #hello = `hello-${randomBytes(4).toString('hex')}`;
  #client: pg.Client | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #state: 'new' | 'on' | 'closed' = 'new';

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Whether notifications arrive, as far as is known. */
  get hears(): boolean {
    return this.#client !== undefined && performance.now() - this.#heardAt < HELLO_MS + HELLO_TIMEOUT_MS;
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'on';
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const client = this.#options.connect();
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ payload }) => this.#heard(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN "${this.#options.channel}"`);
      if (this.#state === 'closed') return void client.end().catch(() => undefined);
      // Who only listens keeps no process alive.
      (client as { unref?: () => void }).unref?.();
      this.#client = client;
      this.#options.onListening();
      await this.#greet();
    } catch {
      this.#lost(client);
    }
  }

  /** Tells itself something through the pool, now and then. */
  async #greet(): Promise<void> {
    if (this.#state === 'closed') return;
    const { database, channel, origin } = this.#options;
    this.#setTimer(HELLO_MS, () => void this.#greet().catch(() => undefined));
    await database.run({
      what: 'notify',
      text: 'SELECT pg_notify($1, $2)',
      values: () => [channel, `${this.#hello} - ${origin}`],
    });
  }

  #heard(payload: string): void {
    const [kind = '', subject = '', origin] = payload.split(' ');
    this.#heardAt = performance.now();
    if (kind === this.#hello || origin === this.#options.origin) return;
    this.#options.onHint(kind, subject);
  }

  #lost(client: pg.Client): void {
    client.removeAllListeners();
    client.on('error', () => undefined);
    void client.end().catch(() => undefined);
    if (this.#client === client) this.#client = undefined;
    if (this.#state === 'on') this.#setTimer(RECONNECT_MS, () => void this.#connect());
  }

  #setTimer(ms: number, work: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, ms).unref();
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    client.removeAllListeners();
    client.on('error', () => undefined);
    // Else the process of whoever waits for this could end first.
    (client as { ref?: () => void }).ref?.();
    await client.end().catch(() => undefined);
  }
}
