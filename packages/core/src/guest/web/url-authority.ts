/** Credentials, host and port while a URL is parsed. */
import { percentEncode, userinfoSet } from './percent.ts';
import { parseHost } from './url-host.ts';
import { go, type Machine, type Verdict } from './url-machine.ts';
import { defaultPort, isSpecial } from './url-record.ts';

function endsAuthority(m: Machine, c: string | undefined): boolean {
  return c === undefined || c === '/' || c === '?' || c === '#' || (c === '\\' && isSpecial(m.url.scheme));
}

export function authority(m: Machine, c: string | undefined): Verdict {
  const { url } = m;
  if (c === '@') {
    const text = m.atSign === 'seen' ? `%40${m.buffer}` : m.buffer;
    m.atSign = 'seen';
    for (const character of text) {
      if (character === ':' && m.password === 'unseen') m.password = 'seen';
      else if (m.password === 'seen') url.password += percentEncode(character, userinfoSet);
      else url.username += percentEncode(character, userinfoSet);
    }
    m.buffer = '';
    return undefined;
  }
  if (!endsAuthority(m, c)) {
    m.buffer += c;
    return undefined;
  }
  if (m.atSign === 'seen' && m.buffer === '') return 'fail';
  const { length } = Array.from(m.buffer);
  m.buffer = '';
  return go(m, 'host', -length - 1);
}

export function host(m: Machine, c: string | undefined): Verdict {
  const { url } = m;
  if (m.only && url.scheme === 'file') return go(m, 'file-host', -1);
  if (c === ':' && m.brackets === 'closed') {
    // A port is no part of a hostname.
    if (m.buffer === '' || m.only === 'hostname') return 'fail';
    return takeHost(m) ? go(m, 'port') : 'fail';
  }
  if (endsAuthority(m, c)) {
    if (isSpecial(url.scheme) && m.buffer === '') return 'fail';
    if (m.only && m.buffer === '' && (url.username !== '' || url.password !== '' || url.port !== undefined))
      return 'fail';
    if (!takeHost(m)) return 'fail';
    return m.only ? 'done' : go(m, 'path-start', -1);
  }
  if (c === '[') m.brackets = 'open';
  if (c === ']') m.brackets = 'closed';
  m.buffer += c;
  return undefined;
}

function takeHost(m: Machine): boolean {
  const parsed = m.buffer === '' ? '' : parseHost(m.buffer, isSpecial(m.url.scheme) ? 'special' : 'opaque');
  if (parsed === undefined) return false;
  m.url.host = parsed;
  m.buffer = '';
  return true;
}

export function port(m: Machine, c: string | undefined): Verdict {
  const { url } = m;
  if (c !== undefined && /^\d$/.test(c)) {
    m.buffer += c;
    return undefined;
  }
  if (!endsAuthority(m, c) && !m.only) return 'fail';
  if (m.buffer !== '') {
    const number = Number(m.buffer);
    if (number <= 65_535) url.port = number === defaultPort(url.scheme) ? undefined : number;
    else if (!m.only) return 'fail';
    m.buffer = '';
  }
  return m.only ? 'done' : go(m, 'path-start', -1);
}
