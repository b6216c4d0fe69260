import type { JsPlugin } from '@farmfe/core';
import perdureFarm from '@perdure/compiler/farm';
import { guestModules } from './guest.ts';

/** The Farm plugin: compiles workflow and step files and embeds their program in what is built. */
export default function perdure(options: { readonly root?: string } = {}): JsPlugin {
  return perdureFarm({ ...options, guest: guestModules() });
}
