/** Hooks with a name and a schema, shared by the workflow that waits and whoever resumes it. */

import { hookPayloadInvalid } from './channel-messages.ts';
import type { Hook, HookOptions } from './guest/hook.ts';

/** What any validation library offers (standardschema.dev, version 1). */
export interface StandardSchema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly unknown[] | undefined;
      }[];
    };

export interface HookDefinition<In, Out, Resumed> {
  /** Makes the hook, in a workflow. */
  create(options?: HookOptions): Hook<Out>;
  /** Checks a payload and sends it. Rejects with HOOK_PAYLOAD_INVALID, `HookNotFoundError`. */
  resume(token: string, payload: In, options?: { readonly id?: string }): Promise<Resumed>;
}

/** The payload as the schema gives it. Throws HOOK_PAYLOAD_INVALID. */
export async function checkPayload<Out>(
  schema: StandardSchema<unknown, Out> | undefined,
  payload: unknown,
): Promise<Out> {
  if (!schema) return payload as Out;
  const result = await schema['~standard'].validate(payload);
  if (!result.issues) return result.value;
  const problems = result.issues.map(({ message, path = [] }) => {
    const place = path
      .map((key) => (typeof key === 'object' && key ? (key as { key: unknown }).key : key))
      .join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  throw hookPayloadInvalid(problems);
}
