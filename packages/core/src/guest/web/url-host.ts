/**
 * Hosts of URLs (URL Standard, 3.5): domains, IPv4, IPv6, opaque hosts.
 *
 * Of domain to ASCII, this has case, width, NFKC and Punycode; it does not have the tables of disallowed code points
 * nor the rules for joiners and right-to-left labels, so it accepts some domains that it should refuse.
 */
import { controlSet, percentDecode, percentEncode } from './percent.ts';
import { utf8Text } from './utf8.ts';

const forbiddenInHost = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const forbiddenInDomain = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;

/** Undefined when it is no host. */
export function parseHost(text: string, kind: 'special' | 'opaque'): string | undefined {
  if (text.startsWith('[')) {
    if (!text.endsWith(']')) return undefined;
    const pieces = parseIpv6(text.slice(1, -1));
    return pieces && `[${writeIpv6(pieces)}]`;
  }
  if (kind === 'opaque') return forbiddenInHost.test(text) ? undefined : percentEncode(text, controlSet);
  const domain = toAscii(utf8Text(percentDecode(text)));
  if (domain === undefined || domain === '' || forbiddenInDomain.test(domain)) return undefined;
  return endsInNumber(domain) ? parseIpv4(domain) : domain;
}

function toAscii(domain: string): string | undefined {
  if (/^[\0-\x7f]*$/.test(domain)) return validPunycode(domain.toLowerCase());
  const mapped = domain
    .replace(/\u00ad|\u200b|\u2060|\ufeff|[\ufe00-\ufe0f]/g, '')
    .replace(/[\u3002\uff0e\uff61]/g, '.')
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFC');
  if (mapped.includes('\ufffd')) return undefined;
  return mapped
    .split('.')
    .map((label) => (/^[\0-\x7f]*$/.test(label) ? label : `xn--${punycode(label)}`))
    .join('.');
}

function validPunycode(domain: string): string | undefined {
  return domain.split('.').some((label) => label === 'xn--') ? undefined : domain;
}

/** RFC 3492, 6.3. */
function punycode(label: string): string {
  const points = Array.from(label, (character) => character.codePointAt(0)!);
  let out = points
    .filter((point) => point < 0x80)
    .map((point) => String.fromCharCode(point))
    .join('');
  const basic = out.length;
  if (basic > 0) out += '-';
  let [next, delta, bias, handled] = [0x80, 0, 72, basic];
  while (handled < points.length) {
    const least = Math.min(...points.filter((point) => point >= next));
    delta += (least - next) * (handled + 1);
    next = least;
    for (const point of points) {
      if (point < next) delta += 1;
      if (point !== next) continue;
      out += variableLength(delta, bias);
      bias = adapted(delta, handled + 1, handled === basic ? 700 : 2);
      delta = 0;
      handled += 1;
    }
    delta += 1;
    next += 1;
  }
  return out;
}

function variableLength(delta: number, bias: number): string {
  const digit = (value: number): string => String.fromCharCode(value < 26 ? value + 97 : value + 22);
  let out = '';
  let left = delta;
  for (let k = 36; ; k += 36) {
    const threshold = Math.min(Math.max(k - bias, 1), 26);
    if (left < threshold) return out + digit(left);
    out += digit(threshold + ((left - threshold) % (36 - threshold)));
    left = Math.floor((left - threshold) / (36 - threshold));
  }
}

/** `damp` is 700 for the first delta, 2 after it. */
function adapted(delta: number, count: number, damp: number): number {
  let left = Math.floor(delta / damp);
  left += Math.floor(left / count);
  let k = 0;
  for (; left > 455; k += 36) left = Math.floor(left / 35);
  return k + Math.floor((36 * left) / (left + 38));
}

function endsInNumber(domain: string): boolean {
  const parts = domain.split('.');
  if (parts.at(-1) === '' && parts.length > 1) parts.pop();
  const last = parts.at(-1)!;
  return /^\d+$/.test(last) || /^0x[0-9a-f]*$/i.test(last);
}

function ipv4Number(part: string): number | undefined {
  if (part === '') return undefined;
  if (/^0x[0-9a-f]*$/i.test(part)) return part.length === 2 ? 0 : Number.parseInt(part.slice(2), 16);
  if (/^0[0-7]*$/.test(part)) return Number.parseInt(part, 8);
  return /^[1-9]\d*$/.test(part) ? Number(part) : undefined;
}

function parseIpv4(domain: string): string | undefined {
  const parts = domain.split('.');
  if (parts.at(-1) === '' && parts.length > 1) parts.pop();
  if (parts.length > 4) return undefined;
  const numbers = parts.map(ipv4Number);
  const last = numbers.pop();
  if (last === undefined || last >= 256 ** (4 - numbers.length)) return undefined;
  let address = last;
  for (const [i, number] of numbers.entries()) {
    if (number === undefined || number > 255) return undefined;
    address += number * 256 ** (3 - i);
  }
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : ipv6Pieces(half)));
  if (!head || (halves.length === 2 && !tail)) return undefined;
  if (!tail) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...Array<number>(missing).fill(0), ...tail];
}

function ipv6Pieces(half: string): number[] | undefined {
  const pieces: number[] = [];
  const parts = half.split(':');
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    if (last && /^(\d{1,3}\.){3}\d{1,3}$/.test(part)) {
      const bytes = part.split('.').map(Number);
      if (bytes.some((byte) => byte > 255) || /(^|\.)0\d/.test(part)) return undefined;
      pieces.push(bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) pieces.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return pieces.length > 8 ? undefined : pieces;
}

function writeIpv6(pieces: readonly number[]): string {
  let [best, bestLength] = [-1, 1];
  for (let i = 0; i < 8; i += 1) {
    let length = 0;
    while (i + length < 8 && pieces[i + length] === 0) length += 1;
    if (length > bestLength) [best, bestLength] = [i, length];
  }
  const text = (from: number, to: number): string =>
    pieces
      .slice(from, to)
      .map((piece) => piece.toString(16))
      .join(':');
  return best < 0 ? text(0, 8) : `${text(0, best)}::${text(best + bestLength, 8)}`;
}
