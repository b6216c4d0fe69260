/**
 * The envelope: what a World stores of a text.
 *
 * A text that needs no work is stored as it is, readable. Otherwise bytes: one format byte, then the body.
 * Format 2: the text as UTF-8, sealed (see cipher.ts for the body).
 */
import type { Payload } from '@perdure/world';
import { keyMissing, payloadInvalid } from '../messages.ts';
import type { Cipher } from './cipher.ts';

const formatSealed = 2;

/** What a payload is bound to: the correlation id (or `run`) and the field. */
export type Place = string;

export interface Envelope {
  wrap(text: string, runId: string, place: Place): Payload;
  /** Throws `PayloadError`. */
  unwrap(payload: Payload, runId: string, place: Place): string;
}

/** Without a cipher everything is stored readable, and nothing sealed can be opened. */
export function createEnvelope(cipher: Cipher | undefined): Envelope {
  return {
    wrap(text, runId, place) {
      if (!cipher) return text;
      return Buffer.concat([
        Buffer.from([formatSealed]),
        cipher.seal(Buffer.from(escapeLone(text)), runId, place),
      ]);
    },
    unwrap(payload, runId, place) {
      if (typeof payload === 'string') return payload;
      if (payload[0] !== formatSealed) throw payloadInvalid(`unknown format ${payload[0] ?? '(empty)'}`);
      if (!cipher)
        throw keyMissing(Buffer.from(payload.subarray(2, 2 + (payload[1] ?? 0))).toString('latin1'));
      return cipher.open(payload.subarray(1), runId, place).toString('utf8');
    },
  };
}

/** UTF-8 has no lone surrogates; inside the JSON text of the codec an escape means the same. */
function escapeLone(text: string): string {
  if (text.isWellFormed()) return text;
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16)}`;
  });
}
