import perdureWebpack from '@perdure/compiler/webpack';
import type { WebpackPluginInstance } from 'webpack';
import { guestModules } from './guest.ts';

/** The webpack plugin: compiles workflow and step files and embeds their program in what is built. */
export default function perdure(options: { readonly root?: string } = {}): WebpackPluginInstance {
  return perdureWebpack({ ...options, guest: guestModules() });
}
