/** Paths while a URL is parsed, and what is particular to files. */
import { pathSet, percentEncode } from './percent.ts';
import { parseHost } from './url-host.ts';
import { go, type Machine, next, startTail, type Verdict } from './url-machine.ts';
import { isSpecial, type UrlRecord } from './url-record.ts';

const drive = /^[A-Za-z][:|]$/;
const normalDrive = /^[A-Za-z]:$/;

function startsWithDrive(m: Machine): boolean {
  const [a, b, c] = [next(m, 0), next(m, 1), next(m, 2)];
  return drive.test(`${a ?? ''}${b ?? ''}`) && (c === undefined || '/\\?#'.includes(c));
}

/** A drive is not left by `..`. */
function shorten(url: UrlRecord): void {
  if (url.scheme === 'file' && url.path.length === 1 && normalDrive.test(url.path[0]!)) return;
  url.path.pop();
}

export function file(m: Machine, c: string | undefined): Verdict {
  const { url, base } = m;
  url.scheme = 'file';
  url.host = '';
  if (c === '/' || c === '\\') return go(m, 'file-slash');
  if (base?.scheme !== 'file') return go(m, 'path', -1);
  Object.assign(url, { host: base.host, path: [...base.path], query: base.query });
  if (startTail(m, c) || c === undefined) return undefined;
  url.query = undefined;
  if (startsWithDrive(m)) url.path = [];
  else shorten(url);
  return go(m, 'path', -1);
}

export function fileSlash(m: Machine, c: string | undefined): Verdict {
  const { url, base } = m;
  if (c === '/' || c === '\\') return go(m, 'file-host');
  if (base?.scheme === 'file') {
    url.host = base.host;
    if (!startsWithDrive(m) && normalDrive.test(base.path[0] ?? '')) url.path.push(base.path[0]!);
  }
  return go(m, 'path', -1);
}

export function fileHost(m: Machine, c: string | undefined): Verdict {
  const { url } = m;
  if (c !== undefined && !'/\\?#'.includes(c)) {
    m.buffer += c;
    return undefined;
  }
  if (!m.only && drive.test(m.buffer)) return go(m, 'path', -1);
  if (m.buffer === '') {
    url.host = '';
    return m.only ? 'done' : go(m, 'path-start', -1);
  }
  const host = parseHost(m.buffer, 'special');
  if (host === undefined) return 'fail';
  url.host = host === 'localhost' ? '' : host;
  m.buffer = '';
  return m.only ? 'done' : go(m, 'path-start', -1);
}

export function pathStart(m: Machine, c: string | undefined): Verdict {
  if (isSpecial(m.url.scheme)) return go(m, 'path', c === '/' || c === '\\' ? 0 : -1);
  if (!m.only && startTail(m, c)) return undefined;
  if (c !== undefined) return go(m, 'path', c === '/' ? 0 : -1);
  if (m.only && m.url.host === undefined) m.url.path.push('');
  return undefined;
}

export function path(m: Machine, c: string | undefined): Verdict {
  const { url } = m;
  const slash = c === '/' || (c === '\\' && isSpecial(url.scheme));
  if (c !== undefined && !slash && (m.only || (c !== '?' && c !== '#'))) {
    m.buffer += percentEncode(c, pathSet);
    return undefined;
  }
  const dots = m.buffer.replace(/%2e/gi, '.');
  if (dots === '..') {
    shorten(url);
    if (!slash) url.path.push('');
  } else if (dots === '.') {
    if (!slash) url.path.push('');
  } else {
    if (url.scheme === 'file' && url.path.length === 0 && drive.test(m.buffer)) m.buffer = `${m.buffer[0]}:`;
    url.path.push(m.buffer);
  }
  m.buffer = '';
  startTail(m, c);
  return undefined;
}
