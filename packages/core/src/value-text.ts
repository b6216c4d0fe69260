/** Values as the text that the engine stores them as, for apps that pass them on by other ways. */

import { hostCodec } from './payload/host-codec.ts';
import type { Publisher } from './payload/publishing.ts';
import { readingThrough } from './payload/reading.ts';
import { notSerializable } from './payload-messages.ts';
import type { RunAccess } from './run.ts';

/** A stream belongs to a run, and here is none. */
const nowhere: Publisher = {
  publishReadable() {
    throw notSerializable('a stream that is no run’s', '');
  },
};

/** Bodies of Requests and Responses are read first. Rejects with `SerializationError`, `LimitError` PAYLOAD_TOO_LARGE. */
export async function stringifyValue(value: unknown): Promise<string> {
  return await hostCodec.stringifyFor(nowhere, value);
}

/** Builds instances of the classes that this process has loaded. Throws `PayloadError`. */
export function parseValue(text: string, access: RunAccess): unknown {
  return readingThrough(access, () => hostCodec.parse(text));
}
