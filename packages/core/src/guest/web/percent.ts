/** Percent-encoding (URL Standard, 1.3). */
import { encodeUtf8 } from './utf8.ts';

/** ASCII characters beside controls that a set encodes; what is above ASCII is in every set. */
export const fragmentSet = ' "<>`';
export const querySet = ' "#<>';
export const specialQuerySet: string = `${querySet}'`;
export const pathSet: string = `${querySet}?^\`{}`;
export const userinfoSet: string = `${pathSet}/:;=@[\\]|`;
/** Controls and what is above ASCII only. */
export const controlSet = '';

function hex(byte: number): string {
  return `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`;
}

export function percentEncode(text: string, set: string): string {
  let out = '';
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (code >= 0x20 && code < 0x7f && !set.includes(character)) out += character;
    else for (const byte of encodeUtf8(character)) out += hex(byte);
  }
  return out;
}

/** Bytes of a text in which some are percent-encoded. */
export function percentDecode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = encodeUtf8(text);
  let to = 0;
  for (let from = 0; from < bytes.length; from += 1) {
    const digits =
      bytes[from] === 0x25 ? String.fromCharCode(bytes[from + 1] ?? 0, bytes[from + 2] ?? 0) : '';
    const encoded = /^[0-9a-fA-F]{2}$/.test(digits);
    bytes[to] = encoded ? Number.parseInt(digits, 16) : bytes[from]!;
    if (encoded) from += 2;
    to += 1;
  }
  return bytes.slice(0, to);
}

/** As `application/x-www-form-urlencoded` has it. */
export function formEncode(text: string): string {
  let out = '';
  for (const byte of encodeUtf8(text)) {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9*\-._]/.test(character)) out += character;
    else out += byte === 0x20 ? '+' : hex(byte);
  }
  return out;
}
