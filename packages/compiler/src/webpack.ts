import type { WebpackPluginInstance } from 'webpack';
import { type PluginOptions, perdure } from './unplugin.ts';

/** The webpack plugin. */
export default function perdureWebpack(options: PluginOptions): WebpackPluginInstance {
  return perdure.webpack(options) as WebpackPluginInstance;
}
