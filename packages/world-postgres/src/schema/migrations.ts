import { appending } from './appending.ts';
import { claiming } from './claiming.ts';
import { creating } from './creating.ts';
import { offering } from './offering.ts';
import { pruning } from './pruning.ts';
import { streaming } from './streaming.ts';
import { tables } from './tables.ts';

export interface Migration {
  readonly name: string;
  /** Plain SQL; `{{schema}}` stands for the quoted schema, `{{channel}}` for the quoted name of its notifications. */
  readonly sql: string;
  /** Whether releases before it can no longer work with the schema: they refuse it. */
  readonly breaks: boolean;
}

/**
 * What makes the schema, in order; a migration that was released never changes.
 *
 * Workers of the release before go on while the next one migrates: a change adds tables, columns with defaults and
 * functions under new names, and takes nothing away that the release before uses.
 */
export const migrations: readonly Migration[] = [
  {
    name: '0001_store',
    sql: [tables, offering, creating, appending, claiming, streaming, pruning].join('\n'),
    breaks: false,
  },
];
