/**
 * Statements on a pool of connections: each is one transaction of its own, and each may be repeated.
 *
 * What passes by itself (a lost connection, a deadlock, a failover) is tried again for a while; a statement whose reply
 * was lost may have happened, which is why it carries an id, a version or a key by which it is known the second time.
 */

import { createHash } from 'node:crypto';
import { WorldError, worldErrors } from '@perdure/world';
import pg from 'pg';
import { schemaOld, storeFailed, storeRefused, storeUnreachable } from './messages.ts';
import { troubleOf } from './sql-errors.ts';

/** What of `pg`'s pool is used; a pool of the caller's is used as it is. Spelled out: apps need no types of `pg` for it. */
export interface PoolLike {
  query(statement: { readonly text: string }): Promise<{ readonly rows: unknown[] }>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** By which it connects. */
  readonly options: object;
}

export interface Statement {
  /** What it does, for errors: "append to runs". */
  readonly what: string;
  readonly text: string;
  /** `attempt` counts from 0; `hints`: whether it may notify. */
  readonly values: (attempt: number, hints: 'hints' | 'none') => unknown[];
}

export interface DatabaseOptions {
  readonly pool: PoolLike;
  readonly schema: string;
  /** For how long a statement is tried again, in milliseconds. */
  readonly retryMs: number;
}

const NAMES_MAX = 500;
const pauses = { firstMs: 20, maxMs: 1_000 } as const;

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  20: Number,
  21: Number,
  23: Number,
  701: Number,
};
/** Independent of parsers that the app has set for everybody. */
const types = { getTypeParser: (oid: number) => parsers[oid] ?? ((text: string) => text) };

export class Database {
  readonly #options: DatabaseOptions;
  readonly #closing = new AbortController();
  #prepares: 'yes' | 'no' = 'yes';
  /** How many statements were sent. */
  statements = 0;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    options.pool.on('error', () => undefined);
  }

  get place(): string {
    return placeOf(this.#options.pool.options as pg.PoolConfig);
  }

  get schema(): string {
    return this.#options.schema;
  }

  /** Whether statements are prepared: one that is not is planned each time. */
  get prepares(): boolean {
    return this.#prepares === 'yes';
  }

  /** Whether it can be reached is known in `retryMs` (default: the option). Throws STORE_UNREACHABLE, STORE_REFUSED, SCHEMA_OLD, STORE_FAILED. */
  async run<R>(statement: Statement, retryMs: number = this.#options.retryMs): Promise<R[]> {
    const began = performance.now();
    let hints: 'hints' | 'none' = 'hints';
    for (let attempt = 0; ; attempt += 1) {
      // Others under way at the same time may find out as well.
      const prepares = this.#prepares;
      try {
        return await this.#once<R>(statement, attempt, hints);
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble === 'hints' && hints === 'hints') hints = 'none';
        else if (trouble === 'unprepared' && prepares === 'yes') this.#prepares = 'no';
        else if (trouble !== 'passing') throw this.#explained(error, trouble, statement);
        const pause = Math.min(pauses.maxMs, pauses.firstMs * 2 ** attempt) * (0.5 + Math.random() / 2);
        const spent = performance.now() - began;
        if (this.#closing.signal.aborted) throw worldErrors.worldClosed('postgres');
        if (spent + pause > retryMs) throw storeUnreachable(this.place, error, Math.round(spent));
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  async #once<R>(statement: Statement, attempt: number, hints: 'hints' | 'none'): Promise<R[]> {
    this.statements += 1;
    const { text } = statement;
    const values = statement.values(attempt, hints);
    // Prepared once per connection; the name tells the text, so that whoever else has it has the same.
    const name = this.#prepares === 'yes' && values ? nameOf(text) : undefined;
    const config = { name, text, values, types };
    const { rows } = await this.#options.pool.query(config);
    return rows as R[];
  }

  #explained(error: unknown, trouble: string, { what }: Statement): Error {
    if (trouble === 'refused') return storeRefused(this.place, error);
    if (trouble === 'schema') return schemaOld(this.#options.schema, [String((error as Error).message)]);
    return storeFailed(what, error);
  }

  /** Statements that wait to be tried again are given up. */
  close(): void {
    this.#closing.abort();
  }
}

/** Whether what was asked for may have happened all the same. */
export function isUnanswered(error: unknown): boolean {
  return WorldError.is(error) && error.code === 'STORE_UNREACHABLE';
}

const names = new Map<string, string>();

function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `perdure_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  // Listings are made of few texts; the bound is for what nobody thought of.
  if (names.size < NAMES_MAX) names.set(text, name);
  return name;
}

/** Host, port and database, without user and password. */
function placeOf({ connectionString, host, port, database }: pg.PoolConfig): string {
  if (connectionString !== undefined && URL.canParse(connectionString)) {
    const url = new URL(connectionString);
    return `${url.host || 'localhost'}${url.pathname}`;
  }
  return `${host ?? pg.defaults.host ?? 'localhost'}:${port ?? pg.defaults.port}/${database ?? ''}`;
}
