export { createWorld, type EnvironmentWorldOptions } from './environment-world.ts';
export type { PruneOptions } from './retention.ts';
export {
  createPostgresWorld,
  type PostgresStats,
  type PostgresWorld,
  type PostgresWorldOptions,
} from './world.ts';
