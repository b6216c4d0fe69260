import perdureRolldown from '@perdure/compiler/rolldown';
import type { Plugin } from 'rolldown';
import { guestModules } from './guest.ts';

/** The Rolldown plugin: compiles workflow and step files and embeds their program in what is built. */
export default function perdure(options: { readonly root?: string } = {}): Plugin {
  return perdureRolldown({ ...options, guest: guestModules() });
}
