/** The texts of the commands that look after a store. */
import { CliError } from './messages.ts';

export function migrationsNone(world: string): CliError {
  return new CliError(
    'MIGRATIONS_NONE',
    `Expected a world with a schema, got ${JSON.stringify(world)}, which needs no migrations.`,
    'Leave this command out, or name the world: --world postgres, or WORKFLOW_TARGET_WORLD=postgres.',
  );
}

export function retentionNone(world: string): CliError {
  return new CliError(
    'RETENTION_NONE',
    `Expected a world that removes runs by age, got ${JSON.stringify(world)}, which keeps them.`,
    'Name the world: --world postgres, or WORKFLOW_TARGET_WORLD=postgres.',
  );
}

export const schemaUpToDate = 'The schema is up to date.';

export function migrationApplied(name: string): string {
  return `Applied ${name}.`;
}

export function migrationMissing(name: string): string {
  return `Missing ${name}.`;
}

export function prunedSoFar(removed: number): string {
  return `Removed ${removed} so far.`;
}

export function pruned(removed: number): string {
  return removed === 1 ? 'Removed 1 run.' : `Removed ${removed} runs.`;
}
