import { followedProgram } from './followed-program.ts';
import type { GuestOptions, Program } from './program.ts';
import { registry } from './registry.ts';

/** The program of the files that this process has loaded, for development. */
export function liveProgram(root: string, guest: GuestOptions): () => Promise<Program> {
  return followedProgram({ root, guest, entries: () => registry().files });
}
