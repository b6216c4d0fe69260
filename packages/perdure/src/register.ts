/**
 * `node --import perdure/register app.ts`: compiles workflow and step files as they load, without a build step.
 */
import { installNodeHooks } from '@perdure/compiler/node';
import { guestModules } from './guest.ts';

installNodeHooks({ guest: guestModules() });
