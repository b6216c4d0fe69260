/** URL, in front of the parser. */
import { named, once } from '../lazy.ts';
import { notAUrl } from './messages.ts';
import { percentEncode, userinfoSet } from './percent.ts';
import { attachedParams, refill } from './search-params.ts';
import type { State } from './url-machine.ts';
import { parsePart, parseUrl } from './url-parser.ts';
import { hostText, originText, pathText, type UrlRecord, urlText } from './url-record.ts';

interface Part {
  get(url: UrlRecord): string;
  /** The URL with the part changed; the URL itself when the value does not fit. */
  set?(url: UrlRecord, value: string): UrlRecord;
}

function parsed(url: unknown, base: unknown): UrlRecord | undefined {
  if (base === undefined) return parseUrl(String(url));
  const record = parseUrl(String(base));
  return record && parseUrl(String(url), record);
}

function withPart(
  url: UrlRecord,
  part: State,
  change: { text: string; clear?: Partial<UrlRecord> },
): UrlRecord {
  const copy: UrlRecord = { ...url, path: [...url.path], ...change.clear };
  return parsePart(change.text, copy, part) ? copy : url;
}

function hasNoHost({ host, scheme }: UrlRecord): boolean {
  return host === undefined || host === '' || scheme === 'file';
}

function withCredential(url: UrlRecord, part: 'username' | 'password', value: string): UrlRecord {
  return hasNoHost(url) ? url : { ...url, [part]: percentEncode(value, userinfoSet) };
}

function withHost(url: UrlRecord, part: 'host' | 'hostname', text: string): UrlRecord {
  return url.opaque === undefined ? withPart(url, part, { text }) : url;
}

function withPort(url: UrlRecord, text: string): UrlRecord {
  if (hasNoHost(url)) return url;
  return text === '' ? { ...url, port: undefined } : withPart(url, 'port', { text });
}

/** A query or fragment; its mark is optional. */
function withTail(url: UrlRecord, part: 'query' | 'fragment', value: string): UrlRecord {
  if (value === '') return { ...url, [part]: undefined };
  const text = value.startsWith(part === 'query' ? '?' : '#') ? value.slice(1) : value;
  return withPart(url, part, { text, clear: { [part]: '' } });
}

/** A blob's origin is that of the URL in its path. */
function originOf(url: UrlRecord): string {
  if (url.scheme !== 'blob') return originText(url);
  const inner = parseUrl(pathText(url));
  return inner && /^https?$/.test(inner.scheme) ? originText(inner) : 'null';
}

function partTable(): Record<string, Part> {
  return {
    href: {
      get: urlText,
      set(_, value) {
        const url = parseUrl(value);
        if (!url) throw notAUrl(value);
        return url;
      },
    },
    origin: { get: originOf },
    protocol: {
      get: (url) => `${url.scheme}:`,
      set: (url, value) => withPart(url, 'scheme-start', { text: `${value}:` }),
    },
    username: { get: (url) => url.username, set: (url, value) => withCredential(url, 'username', value) },
    password: { get: (url) => url.password, set: (url, value) => withCredential(url, 'password', value) },
    host: { get: hostText, set: (url, value) => withHost(url, 'host', value) },
    hostname: { get: (url) => url.host ?? '', set: (url, value) => withHost(url, 'hostname', value) },
    port: { get: ({ port }) => (port === undefined ? '' : String(port)), set: withPort },
    pathname: {
      get: pathText,
      set: (url, text) =>
        url.opaque === undefined ? withPart(url, 'path-start', { text, clear: { path: [] } }) : url,
    },
    search: {
      get: ({ query }) => (query ? `?${query}` : ''),
      set: (url, value) => withTail(url, 'query', value),
    },
    hash: {
      get: ({ fragment }) => (fragment ? `#${fragment}` : ''),
      set: (url, value) => withTail(url, 'fragment', value),
    },
  };
}

const records = new WeakMap<object, UrlRecord>();
const params = new WeakMap<object, URLSearchParams>();

function replace(url: object, record: UrlRecord): void {
  records.set(url, record);
  const list = params.get(url);
  if (list) refill(list, record.query ?? '');
}

export const urlClass: () => typeof URL = once(() => {
  class WorkflowURL {
    constructor(url: unknown, base?: unknown) {
      const record = parsed(url, base);
      if (!record) throw notAUrl(url);
      records.set(this, record);
    }
    static canParse(url: unknown, base?: unknown): boolean {
      return parsed(url, base) !== undefined;
    }
    static parse(url: unknown, base?: unknown): WorkflowURL | null {
      return WorkflowURL.canParse(url, base) ? new WorkflowURL(url, base) : null;
    }
    get searchParams(): URLSearchParams {
      let list = params.get(this);
      if (!list) {
        list = attachedParams(records.get(this)!.query ?? '', (query) => {
          records.set(this, { ...records.get(this)!, query: query === '' ? undefined : query });
        });
        params.set(this, list);
      }
      return list;
    }
    toString(): string {
      return urlText(records.get(this)!);
    }
    toJSON(): string {
      return urlText(records.get(this)!);
    }
  }
  for (const [name, { get, set }] of Object.entries(partTable())) {
    Object.defineProperty(WorkflowURL.prototype, name, {
      get(this: object) {
        return get(records.get(this)!);
      },
      set:
        set &&
        function (this: object, value: unknown) {
          replace(this, set(records.get(this)!, String(value)));
        },
      enumerable: true,
      configurable: true,
    });
  }
  return named(WorkflowURL, 'URL') as unknown as typeof URL;
});
