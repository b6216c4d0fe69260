import { existsSync, statSync } from 'node:fs';
import type { GuestOptions, Program } from './program.ts';
import { registry } from './registry.ts';

interface BuiltProgram {
  key: string;
  files: string[];
  program: Program;
}

/**
 * The program of the files that this process has loaded, for development.
 *
 * Builds anew only when a file of the program was added, edited or removed; one build serves all who wait.
 */
export function liveProgram(root: string, guest: GuestOptions): () => Promise<Program> {
  let last: BuiltProgram | undefined;
  let building: Promise<BuiltProgram> | undefined;
  const build = async (): Promise<BuiltProgram> => {
    const entries = loadedFiles();
    const { buildProgram } = await import('./program.ts');
    const program = await buildProgram({ root, entries, guest });
    const files = [...entries, ...program.files];
    return { key: stamp(entries, files), files, program };
  };
  return async () => {
    while (!last || last.key !== stamp(loadedFiles(), last.files)) {
      building ??= build().finally(() => {
        building = undefined;
      });
      last = await building;
    }
    return last.program;
  };
}

function loadedFiles(): string[] {
  return [...registry().files].filter((file) => existsSync(file)).sort();
}

function stamp(entries: string[], files: string[]): string {
  const times = [...new Set(files)].map((file) => {
    const stats = statSync(file, { throwIfNoEntry: false });
    return `${file}:${stats?.mtimeMs}:${stats?.size}`;
  });
  return JSON.stringify([entries, times]);
}
