export type { PruneOptions } from './retention.ts';
export {
  createPostgresWorld,
  createWorld,
  type PostgresStats,
  type PostgresWorld,
  type PostgresWorldOptions,
} from './world.ts';
