/** The parser of URLs: the state machine of the URL Standard, 4.4. */
import { controlSet, fragmentSet, percentEncode, querySet, specialQuerySet } from './percent.ts';
import { authority, host, port } from './url-authority.ts';
import { go, type Machine, next, type State, startTail, type Verdict } from './url-machine.ts';
import { file, fileHost, fileSlash, path, pathStart } from './url-path.ts';
import { defaultPort, isSpecial, newUrlRecord, type UrlRecord } from './url-record.ts';

const letter = /^[A-Za-z]$/;
const schemeCharacter = /^[A-Za-z0-9+\-.]$/;

/** Undefined when it is no URL. */
export function parseUrl(input: string, base?: UrlRecord): UrlRecord | undefined {
  const trimmed = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '');
  const url = newUrlRecord();
  return run(trimmed, { url, base, only: undefined, state: 'scheme-start' }) ? url : undefined;
}

/** Parses one part of a URL into it, as setters do; what does not fit leaves it half set, so give it a copy. */
export function parsePart(input: string, url: UrlRecord, part: State): boolean {
  return run(input, { url, base: undefined, only: part, state: part });
}

function run(input: string, start: Pick<Machine, 'url' | 'base' | 'only' | 'state'>): boolean {
  const characters = Array.from(input.replace(/[\t\n\r]/g, '').toWellFormed());
  const m: Machine = {
    ...start,
    characters,
    at: 0,
    buffer: '',
    atSign: 'unseen',
    brackets: 'closed',
    password: 'unseen',
  };
  for (; ; m.at += 1) {
    const verdict = step(m, characters[m.at]);
    if (verdict !== undefined) return verdict === 'done';
    if (m.at >= characters.length) return true;
  }
}

/** `c` is undefined at the end. */
function step(m: Machine, c: string | undefined): Verdict {
  switch (m.state) {
    case 'scheme-start':
      return schemeStart(m, c);
    case 'scheme':
      return scheme(m, c);
    case 'no-scheme':
      return noScheme(m, c);
    case 'special-relative-or-authority':
      return go(
        m,
        c === '/' && next(m) === '/' ? 'special-ignore-slashes' : 'relative',
        c === '/' && next(m) === '/' ? 1 : -1,
      );
    case 'path-or-authority':
      return c === '/' ? go(m, 'authority') : go(m, 'path', -1);
    case 'relative':
      return relative(m, c);
    case 'relative-slash':
      return relativeSlash(m, c);
    case 'special-slashes':
      return c === '/' && next(m) === '/'
        ? go(m, 'special-ignore-slashes', 1)
        : go(m, 'special-ignore-slashes', -1);
    case 'special-ignore-slashes':
      return c === '/' || c === '\\' ? undefined : go(m, 'authority', -1);
    case 'authority':
      return authority(m, c);
    case 'host':
    case 'hostname':
      return host(m, c);
    case 'port':
      return port(m, c);
    case 'file':
      return file(m, c);
    case 'file-slash':
      return fileSlash(m, c);
    case 'file-host':
      return fileHost(m, c);
    case 'path-start':
      return pathStart(m, c);
    case 'path':
      return path(m, c);
    case 'opaque-path':
      return opaquePath(m, c);
    case 'query':
      return query(m, c);
    case 'fragment':
      if (c !== undefined) m.url.fragment += percentEncode(c, fragmentSet);
      return undefined;
  }
}

function schemeStart(m: Machine, c: string | undefined): Verdict {
  if (c !== undefined && letter.test(c)) {
    m.buffer += c.toLowerCase();
    return go(m, 'scheme');
  }
  return m.only ? 'fail' : go(m, 'no-scheme', -1);
}

function scheme(m: Machine, c: string | undefined): Verdict {
  const { url, base, buffer } = m;
  if (c !== undefined && schemeCharacter.test(c)) {
    m.buffer += c.toLowerCase();
    return undefined;
  }
  if (c !== ':' && !(m.only && c === undefined)) {
    if (m.only) return 'fail';
    m.buffer = '';
    return go(m, 'no-scheme', -m.at - 1);
  }
  if (m.only) return setScheme(url, buffer);
  url.scheme = buffer;
  m.buffer = '';
  if (url.scheme === 'file') return go(m, 'file');
  if (isSpecial(url.scheme))
    return go(m, base?.scheme === url.scheme ? 'special-relative-or-authority' : 'special-slashes');
  if (next(m) === '/') return go(m, 'path-or-authority', 1);
  url.opaque = '';
  return go(m, 'opaque-path');
}

function setScheme(url: UrlRecord, to: string): Verdict {
  if (isSpecial(url.scheme) !== isSpecial(to)) return 'done';
  const credentials = url.username !== '' || url.password !== '' || url.port !== undefined;
  if (to === 'file' && credentials) return 'done';
  if (url.scheme === 'file' && !url.host) return 'done';
  url.scheme = to;
  if (url.port === defaultPort(to)) url.port = undefined;
  return 'done';
}

function noScheme(m: Machine, c: string | undefined): Verdict {
  const { url, base } = m;
  if (!base || (base.opaque !== undefined && c !== '#')) return 'fail';
  if (base.opaque !== undefined) {
    Object.assign(url, base, { path: [...base.path], fragment: '' });
    return go(m, 'fragment');
  }
  return go(m, base.scheme === 'file' ? 'file' : 'relative', -1);
}

function relative(m: Machine, c: string | undefined): Verdict {
  const { url } = m;
  const base = m.base!;
  url.scheme = base.scheme;
  if (c === '/' || (c === '\\' && isSpecial(url.scheme))) return go(m, 'relative-slash');
  takeAuthority(url, base);
  url.path = [...base.path];
  url.query = base.query;
  if (startTail(m, c)) return undefined;
  if (c === undefined) return undefined;
  url.query = undefined;
  url.path.pop();
  return go(m, 'path', -1);
}

function relativeSlash(m: Machine, c: string | undefined): Verdict {
  if (isSpecial(m.url.scheme) && (c === '/' || c === '\\')) return go(m, 'special-ignore-slashes');
  if (c === '/') return go(m, 'authority');
  takeAuthority(m.url, m.base!);
  return go(m, 'path', -1);
}

function takeAuthority(url: UrlRecord, base: UrlRecord): void {
  url.username = base.username;
  url.password = base.password;
  url.host = base.host;
  url.port = base.port;
}

function opaquePath(m: Machine, c: string | undefined): Verdict {
  if (startTail(m, c) || c === undefined) return undefined;
  const tail = next(m);
  // A space at the end would be cut off when the text is parsed again.
  if (c === ' ' && (tail === '?' || tail === '#')) m.url.opaque += '%20';
  else m.url.opaque += percentEncode(c, controlSet);
  return undefined;
}

function query(m: Machine, c: string | undefined): Verdict {
  if (!m.only && c === '#') {
    m.url.fragment = '';
    return go(m, 'fragment');
  }
  if (c !== undefined) m.url.query += percentEncode(c, isSpecial(m.url.scheme) ? specialQuerySet : querySet);
  return undefined;
}
