import type { Writable } from 'node:stream';
import type { GuestOptions } from '@perdure/compiler';
import type { World } from '@perdure/world';
import type { Output } from './output.ts';

/** What programs are built on: the sandbox's side of the runtime. */
export interface GuestModules {
  /** Absolute path of the module that programs import as the guest runtime. */
  readonly entry: string;
  /** Absolute paths by the specifiers that workflow code may import. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Directories of the runtime's own modules. */
  readonly packages: readonly string[];
  /** Modules of the runtime that a context evaluates at their first use. */
  readonly parts: readonly string[];
}

/** The same as the compiler takes it. */
export function compilerGuest({ entry, aliases, packages, parts }: GuestModules): GuestOptions {
  return { entry, aliases: { ...aliases }, packages: [...packages], parts: [...parts] };
}

/**
 * `drive`: runs are driven; `look`: opening changes nothing of a store; `migrate`: the store is not opened, as its schema
 * may not be there.
 */
export type WorldPurpose = 'drive' | 'look' | 'migrate';

export interface WorldOptions {
  /** Absolute, and for the local world only. */
  readonly dataDir?: string;
  readonly purpose: WorldPurpose;
}

/** What the command line is given by the package that carries the bin. */
export interface CliContext {
  /** Makes a world by name. */
  createWorld(name: string, options: WorldOptions): Promise<World>;
  /** The world where no `--world` is given. */
  readonly worldName: string;
  readonly guest: GuestModules;
  /** File URLs by specifier, for files that run where the package is not installed. */
  readonly hostModules: Readonly<Record<string, string>>;
  /** Default: the process's. */
  readonly stdout?: Writable;
  /** Default: the process's. */
  readonly stderr?: Writable;
  /** What relative paths are resolved against. Default: the working directory. */
  readonly cwd?: string;
}

/** One call of the command line. */
export interface Session {
  readonly context: CliContext;
  readonly output: Output;
  readonly cwd: string;
}
