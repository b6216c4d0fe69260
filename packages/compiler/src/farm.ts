import type { JsPlugin } from '@farmfe/core';
import { type PluginOptions, perdure } from './unplugin.ts';

/** The Farm plugin. */
export default function perdureFarm(options: PluginOptions): JsPlugin {
  return perdure.farm(options) as JsPlugin;
}
