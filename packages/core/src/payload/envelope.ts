/**
 * The envelope: what a World stores of a text.
 *
 * A text that needs no work is stored as it is, readable. Otherwise bytes: one format byte, then the body.
 * - Format 1: compressed (see compression.ts for the body).
 * - Format 2: the text as UTF-8, sealed (see cipher.ts for the body).
 * - Format 3: compressed, then sealed; the length that bounds opening is authenticated.
 */
import type { Payload } from '@perdure/world';
import { keyMissing, payloadInvalid, payloadTooLarge, payloadUnsealed } from '../messages.ts';
import type { Cipher } from './cipher.ts';
import { compress, decompress } from './compression.ts';
import { payloadBytesMax } from './limits.ts';
import { utf8LengthExceeds } from './spelling.ts';

const formatCompressed = 1;
const formatSealed = 2;
const formatCompressedSealed = 3;

/** Bytes from which texts are compressed: short ones stay readable, and are faster as they are. */
const compressFromDefault = 16_384;
/** Sealed texts are not readable anyway. */
const compressSealedFromDefault = 4_096;

/** What a payload is bound to: the correlation id (or `run`) and the field. */
export type Place = string;

export interface EnvelopeOptions {
  /** Bytes of text from which payloads are compressed. Default 16,384, sealed 4,096; Infinity never. */
  readonly compressFrom?: number;
  /** Bytes of one text. Default: what the process allows. */
  readonly payloadBytes?: number;
}

export interface Envelope {
  /** Whether what it wraps is sealed. */
  readonly seals: boolean;
  /** Throws `LimitError` PAYLOAD_TOO_LARGE for a text that `wrap` would refuse. */
  check(text: string): void;
  /** Throws `LimitError` PAYLOAD_TOO_LARGE. */
  wrap(text: string, runId: string, place: Place): Payload;
  /** Throws `PayloadError`. */
  unwrap(payload: Payload, runId: string, place: Place): string;
}

/** Without a cipher nothing is sealed, and nothing sealed can be opened. */
export function createEnvelope(cipher: Cipher | undefined, options: EnvelopeOptions = {}): Envelope {
  const compressFrom = options.compressFrom ?? (cipher ? compressSealedFromDefault : compressFromDefault);
  const bytesMax = options.payloadBytes ?? payloadBytesMax();
  // A text of so many units can have more bytes than that.
  const surelyFits = Math.floor(bytesMax / 3);
  const check = (text: string): void => {
    if (text.length > surelyFits && utf8LengthExceeds(text, bytesMax)) throw payloadTooLarge(bytesMax);
  };
  return {
    seals: cipher !== undefined,
    check,
    wrap(text, runId, place) {
      check(text);
      const long = text.length >= compressFrom;
      if (!cipher && !long) return text;
      const plain = Buffer.from(escapeLone(text));
      const small = long ? compress(plain) : undefined;
      if (!cipher) return small ? withFormat(formatCompressed, small) : text;
      const format = small ? formatCompressedSealed : formatSealed;
      return withFormat(format, cipher.seal(small ?? plain, format, runId, place));
    },
    unwrap(payload, runId, place) {
      if (typeof payload === 'string') return payload;
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      const format = bytes[0];
      if (format === formatCompressed) return decompress(bytes.subarray(1)).toString('utf8');
      if (!isSealed(payload)) throw payloadInvalid(`unknown format ${format ?? '(empty)'}`);
      if (!cipher) throw keyMissing(bytes.toString('latin1', 2, 2 + (bytes[1] ?? 0)));
      const plain = cipher.open(bytes.subarray(1), format!, runId, place);
      return (format === formatCompressedSealed ? decompress(plain) : plain).toString('utf8');
    },
  };
}

export function isSealed(payload: Payload): boolean {
  return (
    typeof payload !== 'string' && (payload[0] === formatSealed || payload[0] === formatCompressedSealed)
  );
}

/**
 * A run whose input is sealed takes nothing that is not: whoever can write to the store could otherwise pass text of
 * their own for a sealed payload. Throws `PayloadError`.
 */
export function checkSealed(payload: Payload, input: Payload, place: Place): void {
  if (isSealed(input) && !isSealed(payload)) throw payloadUnsealed(place);
}

function withFormat(format: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([format]), body]);
}

/** UTF-8 has no lone surrogates; inside the JSON text of the codec an escape means the same. */
function escapeLone(text: string): string {
  if (text.isWellFormed()) return text;
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16)}`;
  });
}
