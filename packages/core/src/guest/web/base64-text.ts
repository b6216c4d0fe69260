/** `btoa` and `atob` (Infra Standard, 7). */
import { fromBase64, toBase64 } from '../../payload/base64.ts';
import { domExceptionClass } from './dom-exception.ts';

export function btoaOf(value: unknown): string {
  const text = String(value);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 255)
      throw new (domExceptionClass())('btoa expects characters up to U+00FF.', 'InvalidCharacterError');
    bytes[i] = code;
  }
  return toBase64(bytes);
}

export function atobOf(value: unknown): string {
  let digits = String(value).replace(/[\t\n\f\r ]/g, '');
  if (digits.length % 4 === 0) digits = digits.replace(/={1,2}$/, '');
  const padded =
    digits.length % 4 === 1 || digits.includes('=')
      ? undefined
      : digits.padEnd(Math.ceil(digits.length / 4) * 4, '=');
  const bytes = padded === undefined ? undefined : fromBase64(padded);
  if (!bytes) throw new (domExceptionClass())('atob expects base64.', 'InvalidCharacterError');
  let text = '';
  for (let i = 0; i < bytes.length; i += 8_192) text += String.fromCharCode(...bytes.subarray(i, i + 8_192));
  return text;
}
