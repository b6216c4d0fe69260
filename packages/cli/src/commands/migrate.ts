import type { World } from '@perdure/world';
import { type Command, exitCodes, type Input } from '../command.ts';
import type { Session } from '../context.ts';
import { migrate as help } from '../help.ts';
import { flagsConflict } from '../messages.ts';
import { withWorld, worldFlags } from '../open-world.ts';
import { migrationApplied, migrationMissing, migrationsNone, schemaUpToDate } from '../store-messages.ts';

/** What worlds have that keep a schema; no part of the contract. */
interface MigratingWorld extends World {
  migrate(): Promise<string[]>;
  missingMigrations(): Promise<string[]>;
  migrationSql(): string;
}

export const migrate: Command = {
  name: 'migrate',
  flags: { ...worldFlags, check: { type: 'boolean' }, print: { type: 'boolean' } },
  positionals: [],
  help,
  async run(input, session) {
    if (input.values.check && input.values.print) throw flagsConflict('--check', '--print');
    const work = (world: World): Promise<number> => {
      if (!isMigrating(world)) throw migrationsNone(world.name);
      return migrated(world, input, session);
    };
    return withWorld(input, session, work, 'migrate');
  },
};

function isMigrating(world: World): world is MigratingWorld {
  const { migrate, missingMigrations, migrationSql } = world as Partial<MigratingWorld>;
  return [migrate, missingMigrations, migrationSql].every((member) => typeof member === 'function');
}

async function migrated(world: MigratingWorld, { values }: Input, { output }: Session): Promise<number> {
  if (values.print) {
    output.line(world.migrationSql().trimEnd());
    return exitCodes.done;
  }
  const kind = values.check ? 'missing' : 'applied';
  const names = values.check ? await world.missingMigrations() : await world.migrate();
  if (values.json) output.json({ [kind]: names }, 'indented');
  else if (names.length === 0) output.line(schemaUpToDate);
  else for (const name of names) output.line(values.check ? migrationMissing(name) : migrationApplied(name));
  return values.check && names.length > 0 ? exitCodes.failed : exitCodes.done;
}
