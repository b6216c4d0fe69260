import type { RspackPluginInstance } from '@rspack/core';
import { type PluginOptions, perdure } from './unplugin.ts';

/** The Rspack plugin. */
export default function perdureRspack(options: PluginOptions): RspackPluginInstance {
  return perdure.rspack(options) as RspackPluginInstance;
}
