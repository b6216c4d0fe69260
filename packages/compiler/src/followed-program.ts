import { existsSync, statSync } from 'node:fs';
import type { GuestOptions, Program } from './program.ts';

interface BuiltProgram {
  key: string;
  files: string[];
  program: Program;
}

export interface FollowedFiles {
  /** Absolute path of the app's root. */
  root: string;
  guest: GuestOptions;
  /** The directive files as they are known now; those that are gone are left out. */
  entries: () => Iterable<string>;
}

/**
 * A program that follows its files.
 *
 * Builds anew only when a file of the program was added, edited or removed; one build serves all who wait.
 */
export function followedProgram({ root, guest, entries }: FollowedFiles): () => Promise<Program> {
  let last: BuiltProgram | undefined;
  let building: Promise<BuiltProgram> | undefined;
  const known = () => [...entries()].filter((file) => existsSync(file)).sort();
  const build = async (): Promise<BuiltProgram> => {
    const files = known();
    const { buildProgram } = await import('./program.ts');
    const program = await buildProgram({ root, entries: files, guest });
    const all = [...files, ...program.files];
    return { key: stamp(files, all), files: all, program };
  };
  return async () => {
    while (!last || last.key !== stamp(known(), last.files)) {
      building ??= build().finally(() => {
        building = undefined;
      });
      last = await building;
    }
    return last.program;
  };
}

function stamp(entries: string[], files: string[]): string {
  const times = [...new Set(files)].map((file) => {
    const stats = statSync(file, { throwIfNoEntry: false });
    return `${file}:${stats?.mtimeMs}:${stats?.size}`;
  });
  return JSON.stringify([entries, times]);
}
