/** Where an edition is played: a world that its processes share, or a store on which each has a world of its own. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { World } from '@perdure/world';
import { createLocalWorld } from '@perdure/world-local';
import { createMemoryWorld } from '@perdure/world-memory';
import { createPostgresWorld } from '@perdure/world-postgres';
import { ask } from '@workbench/postgres/database.ts';

export const worldNames = ['memory', 'local', 'postgres'] as const;
export type WorldName = (typeof worldNames)[number];

/** The URL of a Postgres, asked for when one is needed. */
export type PostgresUrl = () => Promise<string>;

export interface Ground {
  /** The world as one process has it. */
  readonly world: () => World;
  readonly close: () => Promise<void>;
}

/** Connections of a process: there are as many processes as crash, and more. */
const maxConnections = 4;

/** Empty, and nobody else's. */
export async function openGround(name: WorldName, postgres: PostgresUrl | undefined): Promise<Ground> {
  switch (name) {
    case 'memory':
      return shared(createMemoryWorld(), async () => undefined);
    case 'local': {
      const dataDir = await mkdtemp(join(tmpdir(), 'perdure-random-'));
      return shared(createLocalWorld({ dataDir }), () => rm(dataDir, { recursive: true, force: true }));
    }
    case 'postgres':
      if (!postgres) throw new Error('Expected the URL of a Postgres to play on.');
      return schemaOn(await postgres());
  }
}

function shared(world: World, remove: () => Promise<void>): Ground {
  return {
    world: () => world,
    async close() {
      await world.close();
      await remove();
    },
  };
}

async function schemaOn(connectionString: string): Promise<Ground> {
  const schema = `random_${randomBytes(6).toString('hex')}`;
  const opened: World[] = [];
  return {
    world() {
      const world = createPostgresWorld({ connectionString, schema, maxConnections });
      opened.push(world);
      return world;
    },
    async close() {
      await Promise.all(opened.map((world) => world.close()));
      await ask(connectionString, `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    },
  };
}
