/** Values as the text that the engine stores them as, for apps that pass them on by other ways. */
import { hostCodec } from './payload/host-codec.ts';
import { readingThrough } from './payload/host-handles.ts';
import type { RunAccess } from './run.ts';

/** Bodies of Requests and Responses are read first. Rejects with `SerializationError`, `LimitError` PAYLOAD_TOO_LARGE. */
export async function stringifyValue(value: unknown): Promise<string> {
  return await hostCodec.stringifyWithBodies(value);
}

/** Builds instances of the classes that this process has loaded. Throws `PayloadError`. */
export function parseValue(text: string, access: RunAccess): unknown {
  return readingThrough(access, () => hostCodec.parse(text));
}
