import type { Plugin } from 'vite';
import { type PluginOptions, perdure } from './unplugin.ts';

/** The Vite plugin; in development the program follows every edit. */
export default function perdureVite(options: PluginOptions): Plugin {
  return perdure.vite(options) as Plugin;
}
