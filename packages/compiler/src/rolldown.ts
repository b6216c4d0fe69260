import type { Plugin } from 'rolldown';
import { type PluginOptions, perdure } from './unplugin.ts';

/** The Rolldown plugin. */
export default function perdureRolldown(options: PluginOptions): Plugin {
  return perdure.rolldown(options) as Plugin;
}
