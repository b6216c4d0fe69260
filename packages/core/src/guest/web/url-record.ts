/** The parts of a URL, and their serialization (URL Standard, 4.1 and 4.5). */

export interface UrlRecord {
  scheme: string;
  username: string;
  password: string;
  host: string | undefined;
  port: number | undefined;
  path: string[];
  /** The path of a URL that has no segments, such as `mailto:`; undefined for others. */
  opaque: string | undefined;
  query: string | undefined;
  fragment: string | undefined;
}

const ports: Readonly<Record<string, number | undefined>> = {
  ftp: 21,
  file: undefined,
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
};

export function isSpecial(scheme: string): boolean {
  return Object.hasOwn(ports, scheme);
}

export function defaultPort(scheme: string): number | undefined {
  return isSpecial(scheme) ? ports[scheme] : undefined;
}

export function newUrlRecord(): UrlRecord {
  return {
    scheme: '',
    username: '',
    password: '',
    host: undefined,
    port: undefined,
    path: [],
    opaque: undefined,
    query: undefined,
    fragment: undefined,
  };
}

export function pathText({ path, opaque }: UrlRecord): string {
  return opaque ?? path.map((segment) => `/${segment}`).join('');
}

export function hostText({ host, port }: UrlRecord): string {
  return port === undefined ? (host ?? '') : `${host}:${port}`;
}

export function urlText(url: UrlRecord): string {
  const { scheme, username, password, host, query, fragment } = url;
  let text = `${scheme}:`;
  if (host !== undefined) {
    const credentials = username !== '' || password !== '';
    text += `//${username}${password === '' ? '' : `:${password}`}${credentials ? '@' : ''}${hostText(url)}`;
    // A path that begins with // would read as a host.
  } else if (url.opaque === undefined && url.path.length > 1 && url.path[0] === '') text += '/.';
  text += pathText(url);
  if (query !== undefined) text += `?${query}`;
  if (fragment !== undefined) text += `#${fragment}`;
  return text;
}

export function originText(url: UrlRecord): string {
  if (!isSpecial(url.scheme) || url.scheme === 'file') return 'null';
  return `${url.scheme}://${hostText(url)}`;
}
