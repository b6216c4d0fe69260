import {
  checkPayload,
  createHook,
  type HookDefinition,
  type HookInfo,
  type StandardSchema,
} from '@perdure/core';
import { resumeHook } from './api.ts';

/** A hook with a schema (any Standard Schema), shared by the workflow that waits and whoever resumes it. */
export function defineHook<In, Out = In>(
  options: { readonly schema?: StandardSchema<In, Out> } = {},
): HookDefinition<In, Out, HookInfo> {
  return {
    create: (hookOptions) => createHook<Out>(hookOptions),
    async resume(token, payload, resumeOptions) {
      const checked = await checkPayload(options.schema as StandardSchema<unknown, Out> | undefined, payload);
      return resumeHook(token, checked, resumeOptions);
    },
  };
}
