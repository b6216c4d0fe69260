import perdureRspack from '@perdure/compiler/rspack';
import type { RspackPluginInstance } from '@rspack/core';
import { guestModules } from './guest.ts';

/** The Rspack plugin: compiles workflow and step files and embeds their program in what is built. */
export default function perdure(options: { readonly root?: string } = {}): RspackPluginInstance {
  return perdureRspack({ ...options, guest: guestModules() });
}
