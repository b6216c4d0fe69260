import perdureVite from '@perdure/compiler/vite';
import type { Plugin } from 'vite';
import { guestModules } from './guest.ts';

/** The Vite plugin: compiles workflow and step files and embeds their program in what is built. */
export default function perdure(options: { readonly root?: string } = {}): Plugin {
  return perdureVite({ ...options, guest: guestModules() });
}
