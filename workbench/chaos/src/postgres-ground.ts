/** A Postgres of its own, a database on it, and a proxy before that: what breaks is the line, the sessions and the server. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { createPostgresWorld } from '@perdure/world-postgres';
import { ask, createDatabase } from '@workbench/postgres/database.ts';
import type { Injected } from '@workbench/postgres/faults.ts';
import { type PostgresProxy, startProxy } from '@workbench/postgres/proxy.ts';
import { type PostgresServer, startPostgres } from '@workbench/postgres/server.ts';
import type { World } from 'perdure/runtime';
import { breaksOf, type TimedBreak } from './breaks.ts';
import type { Ground, GroundOptions } from './ground.ts';
import { createRandom, type Random } from './random.ts';

const worldModule = createRequire(import.meta.url).resolve('@perdure/world-postgres');

/** Each is a transaction of its own: its reply is what says that it was committed. The usual append is no function. */
const writes = /\b(append|create_runs|send|claim_runs|renew_claims|release_claims)\(|\bINSERT INTO\b/;
/** How long a statement is waited for that is to lose its reply. */
const patienceMs = 1_000;

const terminateOne = `
  SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  ORDER BY random() LIMIT 1`;

export async function openPostgresGround({ seed, breaks, leaseMs = 2_000 }: GroundOptions): Promise<Ground> {
  const server = await startPostgres();
  try {
    const database = await createDatabase(server);
    const proxy = await startProxy(server);
    return new PostgresGround({ server, database, proxy, seed, leaseMs, breaks: breaksOf(seed, breaks) });
  } catch (error) {
    await server.close();
    throw error;
  }
}

interface Parts {
  readonly server: PostgresServer;
  readonly database: string;
  readonly proxy: PostgresProxy;
  readonly seed: number;
  readonly leaseMs: number;
  readonly breaks: readonly TimedBreak[];
}

class PostgresGround implements Ground {
  readonly world: World;
  readonly env: Readonly<Record<string, string>>;
  readonly files: undefined;
  readonly claims = 'lease';
  readonly leaseMs: number;
  readonly broken = { cuts: 0, lostReplies: 0, terminated: 0, restarts: 0 };
  readonly #parts: Parts;
  readonly #random: Random;
  #dealt = 0;
  #waiting: Injected[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.leaseMs = parts.leaseMs;
    this.#random = createRandom(parts.seed + 4);
    const connectionString = parts.proxy.through(parts.database);
    this.world = createPostgresWorld({ connectionString });
    this.env = { CHAOS_WORLD: pathToFileURL(worldModule).href, WORKFLOW_POSTGRES_URL: connectionString };
  }

  async breakUpTo(share: number): Promise<boolean> {
    const { breaks } = this.#parts;
    const due = Math.floor(breaks.length * Math.min(1, share));
    while (this.#dealt < due) {
      if (!(await this.#deal(breaks[this.#dealt]!))) return false;
      this.#dealt += 1;
    }
    return share < 1 || (await this.#allHit());
  }

  problems(): readonly string[] {
    return [];
  }

  async close(): Promise<void> {
    await this.world.close();
    await this.#parts.proxy.close();
    await this.#parts.server.close();
  }

  /** False when there was nothing to break. */
  async #deal(one: TimedBreak): Promise<boolean> {
    await passing(one.pauseMs);
    switch (one.kind) {
      case 'restart':
        return this.#restart(one.awayMs);
      case 'terminate': {
        const [row] = await ask<{ ended: boolean }>(this.#parts.database, terminateOne);
        if (row?.ended) this.broken.terminated += 1;
        return row?.ended === true;
      }
      case 'cut': {
        const { proxy } = this.#parts;
        const cut = proxy.cut({
          skip: this.#random.between(0, Math.max(0, proxy.connections - 1)),
          count: 1,
          how: one.how,
        });
        this.broken.cuts += cut;
        return cut > 0;
      }
      case 'lose-reply': {
        const fault = { kind: 'cut', at: 'reply', how: one.how } as const;
        this.#waiting.push(this.#parts.proxy.inject({ when: writes, skip: one.skip, fault }));
        // Those that come late lose theirs late.
        await this.#allHit();
        return true;
      }
    }
  }

  async #restart(awayMs: number): Promise<boolean> {
    await this.#parts.server.stop('immediate');
    await passing(awayMs);
    await this.#parts.server.start();
    this.broken.restarts += 1;
    return true;
  }

  /** Whether every reply that shall be lost was, after waiting for a while. */
  async #allHit(): Promise<boolean> {
    await Promise.race([
      Promise.all(this.#waiting.map((injected) => injected.untilHit())),
      passing(patienceMs),
    ]);
    this.broken.lostReplies += this.#waiting.filter(({ hits }) => hits > 0).length;
    this.#waiting = this.#waiting.filter(({ hits }) => hits === 0);
    return this.#waiting.length === 0;
  }
}

function passing(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
