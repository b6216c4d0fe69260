import perdureEsbuild from '@perdure/compiler/esbuild';
import type { Plugin } from 'esbuild';
import { guestModules } from './guest.ts';

/** The esbuild plugin: compiles workflow and step files and embeds their program in what is built. */
export default function perdure(options: { readonly root?: string } = {}): Plugin {
  return perdureEsbuild({ ...options, guest: guestModules() });
}
