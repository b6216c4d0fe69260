import { type World, worldErrors } from '@perdure/world';
import { Hints, StreamWatchers } from '@perdure/world/live';
import pg from 'pg';
import { Appends } from './appends.ts';
import { Claims } from './claims.ts';
import { Creations } from './creations.ts';
import { Database, type PoolLike } from './database.ts';
import { HeldRuns } from './held-runs.ts';
import { HistoryReader } from './history-reader.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { CONNECT_TIMEOUT_MS, OPEN_RETRY_MS, POOL_MAX, QUERY_TIMEOUT_MS, RETRY_MS } from './limits.ts';
import { Listener } from './listener.ts';
import { LookPace } from './look-pace.ts';
import { optionRefused, storeUnconfigured } from './messages.ts';
import { checkSchema, clearSchema, migrateSchema, migrationScript, schemaState } from './migrate.ts';
import { PostgresPrograms } from './programs.ts';
import { Pulse } from './pulse.ts';
import { type PruneOptions, prune } from './retention.ts';
import { RunReader } from './run-reader.ts';
import { PostgresRuns, type PostgresRunsOptions } from './runs.ts';
import { Sends } from './sends.ts';
import { PostgresSteps } from './steps.ts';
import { StoreClock } from './store-clock.ts';
import { PostgresStreams } from './streams.ts';

export interface PostgresWorldOptions {
  /** `postgres://user:password@host:5432/database`; with it this world has a pool of its own. */
  readonly connectionString?: string;
  /** A pool of the caller's, who ends it; any size from 1. */
  readonly pool?: PoolLike;
  /** Name of the schema; letters, digits and underscores. Default `perdure`. */
  readonly schema?: string;
  /** `apply` (default): the schema is brought up to date when it is first used; `check`: it must be. */
  readonly migrations?: 'apply' | 'check';
  /** Connections of this world's own pool at most. Default 10. */
  readonly maxConnections?: number;
  /** `off`: no LISTEN and no NOTIFY, for poolers that deliver none; looks find everything. Default `on`. */
  readonly notifications?: 'on' | 'off';
  /** For how long what passes by itself is tried again, in milliseconds. Default 15,000. */
  readonly retryMs?: number;
  /** Milliseconds since the epoch, in the place of the server's clock: for tests. */
  readonly clock?: () => number;
}

export interface PostgresStats {
  /** Statements sent so far. */
  readonly statements: number;
  /** Whether notifications arrive. */
  readonly hears: boolean;
}

/** A World in a Postgres database. */
export interface PostgresWorld extends World {
  /** Brings the schema up to date; answers with the migrations that were applied. */
  migrate(): Promise<string[]>;
  /** The migrations that `migrate` would apply. Throws what `open` throws, but SCHEMA_OLD. */
  missingMigrations(): Promise<string[]>;
  /** The SQL that `migrate` runs, for a person who applies it: one transaction, harmless when run again. */
  migrationSql(): string;
  /** Removes ended runs by age and state; answers with how many. */
  prune(options: PruneOptions): Promise<number>;
  stats(): PostgresStats;
  /** Resolves when the database answers and its schema is as it must be. Throws STORE_UNREACHABLE, STORE_REFUSED, SCHEMA_OLD, DATA_NEWER. */
  open(): Promise<void>;
}

/**
 * A World for many processes and machines, on `pg` and plain SQL in a schema of its own.
 *
 * Connects with the first call. Throws STORE_UNCONFIGURED without an address, INPUT_INVALID for an option that is none.
 */
export function createPostgresWorld(options: PostgresWorldOptions = {}): PostgresWorld {
  const { schema = 'perdure', connectionString, pool, maxConnections = POOL_MAX } = options;
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(schema))
    throw optionRefused(
      'the schema',
      'a letter or underscore, then letters, digits and underscores, 63 at most',
      schema,
    );
  if (!Number.isSafeInteger(maxConnections) || maxConnections < 1)
    throw optionRefused('maxConnections', 'a whole number from 1', maxConnections);
  if (pool) return new ServerWorld({ ...options, schema, pool, owned: 'callers' });
  if (!connectionString) throw storeUnconfigured();
  const own = new pg.Pool({
    connectionString,
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'perdure',
    allowExitOnIdle: true,
  });
  return new ServerWorld({ ...options, schema, pool: own, owned: 'own' });
}

interface ServerOptions extends PostgresWorldOptions {
  readonly schema: string;
  readonly pool: PoolLike;
  readonly owned: 'own' | 'callers';
}

class ServerWorld implements PostgresWorld {
  readonly name = 'postgres';
  readonly drivers = 'many';
  readonly runs: PostgresRuns;
  readonly steps: PostgresSteps;
  readonly programs: PostgresPrograms;
  readonly streams: PostgresStreams;
  readonly #database: Database;
  readonly #options: ServerOptions;
  readonly #hints = new Hints();
  readonly #watchers = new StreamWatchers();
  readonly #reader: RunReader;
  readonly #held: HeldRuns;
  readonly #keeper: LeaseKeeper;
  readonly #pulse: Pulse;
  readonly #listener: Listener;
  #ready: Promise<void> | 'yes' | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
    const { pool, schema, clock, notifications = 'on', retryMs = RETRY_MS } = options;
    const database = new Database({ pool, schema, retryMs });
    const hints = this.#hints;
    this.#database = database;
    this.#reader = new RunReader(database);
    this.#keeper = new LeaseKeeper({
      pool: pool.options as pg.PoolConfig,
      schema,
      mode: clock ? 'off' : 'on',
    });
    this.#held = new HeldRuns((count) => this.#keeper.count('runs', count));
    const onNews = (runId: string) => this.#held.hear(runId);
    this.#pulse = new Pulse({ hints, clock: new StoreClock(), virtualClock: clock, notifications, onNews });
    this.#listener = this.#newListener();
    const open = () => this.#open();
    const listen = () => this.#listen();
    const histories = new HistoryReader(database);
    this.runs = this.#newRuns({ open, listen, histories });
    this.steps = new PostgresSteps({
      database,
      pulse: this.#pulse,
      keeper: this.#keeper,
      history: (runId, after) => histories.read(runId, { after }),
      open,
    });
    this.programs = new PostgresPrograms(database, open);
    this.streams = new PostgresStreams({
      database,
      pulse: this.#pulse,
      watchers: this.#watchers,
      open,
      listen,
    });
  }

  #newListener(): Listener {
    const { pool, schema } = this.#options;
    return new Listener({
      database: this.#database,
      connect: () => new pg.Client(pool.options as pg.ClientConfig),
      channel: schema,
      origin: this.#pulse.id,
      onHint: (kind, subject) => {
        if (kind === 'stream') this.#watchers.emit(subject);
        else this.#pulse.hear(kind, subject);
      },
      onListening: () => {
        this.#hints.emit('', 'missed');
        this.#watchers.emitAll();
      },
    });
  }

  #newRuns({
    open,
    listen,
    histories,
  }: Pick<PostgresRunsOptions, 'open' | 'listen' | 'histories'>): PostgresRuns {
    const database = this.#database;
    const held = this.#held;
    const pulse = this.#pulse;
    const doubt = (worker: string) => claims.doubt(worker);
    const creations = new Creations({ database, held, pulse, doubt });
    const history = (runId: string, after: number, limit?: number) => histories.read(runId, { after, limit });
    const claims = new Claims({
      database,
      held,
      pulse,
      pace: new LookPace(() => this.#listener.hears),
      keeper: this.#keeper,
      creating: () => creations.underWay,
    });
    return new PostgresRuns({
      database,
      held,
      hints: this.#hints,
      creations,
      appends: new Appends({ database, held, pulse, reader: this.#reader, history }),
      sends: new Sends({ database, held, pulse, doubt, history }),
      claims,
      histories,
      reader: this.#reader,
      open,
      listen,
    });
  }

  now(): number {
    return this.#pulse.now();
  }

  stats(): PostgresStats {
    return { statements: this.#database.statements, hears: this.#listener.hears };
  }

  async open(): Promise<void> {
    await this.#open();
  }

  async migrate(): Promise<string[]> {
    this.#checkOpen();
    return migrateSchema(this.#database, OPEN_RETRY_MS);
  }

  async missingMigrations(): Promise<string[]> {
    this.#checkOpen();
    return [...(await schemaState(this.#database, OPEN_RETRY_MS)).missing];
  }

  migrationSql(): string {
    return `BEGIN;\n${migrationScript(this.#options.schema)}\nCOMMIT;\n`;
  }

  async prune(options: PruneOptions): Promise<number> {
    await this.#open();
    this.#reader.clear();
    return prune(this.#database, this.#pulse, options);
  }

  async clear(): Promise<void> {
    await this.#open();
    await clearSchema(this.#database);
    this.#held.clear();
    this.steps.clear();
    this.#reader.clear();
    this.#hints.clear();
    this.#watchers.clear();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#database.close();
    this.#keeper.close();
    this.#hints.clear();
    this.#watchers.clear();
    await this.#listener.close();
    if (this.#options.owned === 'own') await this.#options.pool.end();
  }

  #checkOpen(): void {
    if (this.#closed) throw worldErrors.worldClosed('postgres');
  }

  #open(): Promise<void> | undefined {
    this.#checkOpen();
    if (this.#ready === 'yes') return undefined;
    this.#ready ??= this.#prepare().then(
      () => {
        this.#ready = 'yes';
      },
      (error: unknown) => {
        // The next call tries again.
        this.#ready = undefined;
        throw error;
      },
    );
    return this.#ready;
  }

  async #prepare(): Promise<void> {
    const { migrations = 'apply', schema } = this.#options;
    const state = await schemaState(this.#database, OPEN_RETRY_MS);
    this.#pulse.note(state.now);
    if (migrations === 'check') checkSchema(schema, state);
    else if (state.missing.length > 0) await migrateSchema(this.#database, OPEN_RETRY_MS);
  }

  #listen(): void {
    this.#checkOpen();
    if (this.#pulse.notifications === 'on') this.#listener.start();
  }
}
