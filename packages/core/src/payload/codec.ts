/**
 * Values to text and back.
 *
 * This one file, with what it imports, runs on the host and, bundled into the program, in the guest, so that each
 * side builds values of its own realm. Text is the only form in which user data crosses between the two (E2).
 */
import { PayloadError } from '../errors.ts';
import { payloadInvalid } from '../payload-messages.ts';
import { decode } from './decode.ts';
import { Encoder } from './encode.ts';
import type { Realm } from './realm.ts';

export type { FunctionReference, Realm, StoredClass, StoredType } from './realm.ts';

export interface Codec {
  /** Throws `SerializationError` with the path of what cannot be stored, or `LimitError` PAYLOAD_TOO_LARGE. */
  stringify(value: unknown): string;
  /** Throws `PayloadError`. */
  parse(text: string): unknown;
}

/** Makes the codec of one realm. */
export function createCodec(realm: Realm): Codec {
  return {
    stringify: (value) => new Encoder(realm).encode(value),
    parse(text) {
      try {
        return decode(text, realm);
      } catch (error) {
        if (PayloadError.is(error)) throw error;
        throw payloadInvalid(error instanceof Error ? error.message : String(error), error);
      }
    },
  };
}
