import type { HookDefinition, StandardSchema } from '../hook-definition.ts';
import { runBuiltin } from './builtin-steps.ts';
import { createHook } from './hook.ts';

/**
 * A hook with a schema; payloads are checked where they are sent.
 *
 * Within a workflow `resume` sends without a check: the schema lives on the host.
 */
export function defineHook<In, Out = In>(
  _options: { readonly schema?: StandardSchema<In, Out> } = {},
): HookDefinition<In, Out, unknown> {
  return {
    create: (options) => createHook<Out>(options),
    resume: (token, payload, options = {}) => runBuiltin('resumeHook', token, payload, options),
  };
}
