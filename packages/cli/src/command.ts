import type { Session } from './context.ts';

export interface Flag {
  readonly type: 'string' | 'boolean';
  /** One letter that stands for it. */
  readonly short?: string;
}

/** What stands after the name of a command. */
export interface Input {
  readonly values: Readonly<Record<string, string | true>>;
  readonly positionals: readonly string[];
}

export interface Command {
  /** One or two words. */
  readonly name: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Names of what is expected in order; a last one in brackets may be left out. */
  readonly positionals: readonly string[];
  readonly help: string;
  /** Gives the exit code. */
  run(input: Input, session: Session): Promise<number>;
}

export const exitCodes = {
  /** Done; for a run: completed. */
  done: 0,
  /** The run did not complete, or the check found something. */
  failed: 1,
  /** The command could not do its work: wrong usage, code that does not compile, data that cannot be read. */
  refused: 2,
  /** 128 and the number of the signal, as shells count. */
  interrupted: 130,
  terminated: 143,
} as const;
