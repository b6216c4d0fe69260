import { randomBytes } from 'node:crypto';
import { worldConformance } from '@perdure/world/conformance';
import pg from 'pg';
import { describe, it } from 'vitest';
import { createPostgresWorld } from '../src/index.ts';

const connectionString = 'postgres://postgres@127.0.0.1:5499/postgres';

worldConformance(
  { describe, it },
  {
    name: 'postgres',
    async make({ clock }) {
      const schema = `t_${randomBytes(6).toString('hex')}`;
      let world = createPostgresWorld({ connectionString, schema, clock });
      const reopen = async () => {
        await world.close();
        world = createPostgresWorld({ connectionString, schema, clock });
        return world;
      };
      const dispose = async () => {
        const client = new pg.Client({ connectionString });
        await client.connect();
        await client.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
        await client.end();
      };
      return { world, reopen, dispose };
    },
  },
);
