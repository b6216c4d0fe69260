import type { Plugin } from 'rollup';
import { type PluginOptions, perdure } from './unplugin.ts';

/** The Rollup plugin. */
export default function perdureRollup(options: PluginOptions): Plugin {
  return perdure.rollup(options) as Plugin;
}
