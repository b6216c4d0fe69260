/** Text and its bytes in UTF-8 (Encoding Standard, 8.1). */

const chunkUnits = 8_192;

/** Lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    let point = text.charCodeAt(i);
    if (point >= 0xd800 && point <= 0xdfff) {
      const low = text.charCodeAt(i + 1);
      if (point < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        i += 1;
      } else point = 0xfffd;
    }
    at = writePoint(bytes, at, point);
  }
  return bytes.slice(0, at);
}

function writePoint(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point;
    return at + 1;
  }
  const extra = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  bytes[at] = ((0xff00 >> (extra + 1)) & 0xff) | (point >> (6 * extra));
  for (let i = 1; i <= extra; i += 1) bytes[at + i] = 0x80 | ((point >> (6 * (extra - i))) & 0x3f);
  return at + 1 + extra;
}

/** What is left of a character at the end of a piece of a stream. */
export interface Utf8State {
  point: number;
  needed: number;
  seen: number;
  lower: number;
  upper: number;
}

export function newUtf8State(): Utf8State {
  return { point: 0, needed: 0, seen: 0, lower: 0x80, upper: 0xbf };
}

function reset(state: Utf8State): void {
  Object.assign(state, newUtf8State());
}

/**
 * Decodes a piece; with `end`, what is left over is malformed.
 *
 * Malformed bytes become U+FFFD, one for each that the standard names; undefined instead when `fatal`.
 */
export function decodeUtf8(
  bytes: Uint8Array,
  { state, fatal, end }: { state: Utf8State; fatal: boolean; end: boolean },
): string | undefined {
  const parts: string[] = [];
  let units: number[] = [];
  for (let i = 0; i < bytes.length; i += 1) {
    const step = decodeByte(state, bytes[i]!);
    if (step === undefined) continue;
    if (step < 0) {
      if (fatal) return undefined;
      units.push(0xfffd);
      // The byte that broke off a sequence may begin another.
      if (step === again) i -= 1;
    } else if (step > 0xffff) units.push(0xd7c0 + (step >> 10), 0xdc00 + (step & 0x3ff));
    else units.push(step);
    if (units.length >= chunkUnits) {
      parts.push(String.fromCharCode.apply(null, units));
      units = [];
    }
  }
  if (end && state.needed > 0) {
    if (fatal) return undefined;
    units.push(0xfffd);
    reset(state);
  }
  parts.push(String.fromCharCode.apply(null, units));
  return parts.join('');
}

const malformed = -1;
const again = -2;

/** A code point, undefined when more bytes are needed, or a negative number for malformed input. */
function decodeByte(state: Utf8State, byte: number): number | undefined {
  if (state.needed === 0) {
    if (byte < 0x80) return byte;
    if (byte >= 0xc2 && byte <= 0xdf) startSequence(state, 1, byte & 0x1f);
    else if (byte >= 0xe0 && byte <= 0xef) {
      if (byte === 0xe0) state.lower = 0xa0;
      if (byte === 0xed) state.upper = 0x9f;
      startSequence(state, 2, byte & 0xf);
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      if (byte === 0xf0) state.lower = 0x90;
      if (byte === 0xf4) state.upper = 0x8f;
      startSequence(state, 3, byte & 7);
    } else return malformed;
    return undefined;
  }
  if (byte < state.lower || byte > state.upper) {
    reset(state);
    return again;
  }
  state.lower = 0x80;
  state.upper = 0xbf;
  state.point = (state.point << 6) | (byte & 0x3f);
  state.seen += 1;
  if (state.seen < state.needed) return undefined;
  const { point } = state;
  reset(state);
  return point;
}

function startSequence(state: Utf8State, needed: number, point: number): void {
  state.needed = needed;
  state.point = point;
}

/** All of it, leniently. */
export function utf8Text(bytes: Uint8Array): string {
  return decodeUtf8(bytes, { state: newUtf8State(), fatal: false, end: true })!;
}
