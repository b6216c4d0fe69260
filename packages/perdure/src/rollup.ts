import perdureRollup from '@perdure/compiler/rollup';
import type { Plugin } from 'rollup';
import { guestModules } from './guest.ts';

/** The Rollup plugin: compiles workflow and step files and embeds their program in what is built. */
export default function perdure(options: { readonly root?: string } = {}): Plugin {
  return perdureRollup({ ...options, guest: guestModules() });
}
