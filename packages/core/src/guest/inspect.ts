/** Values as text for the console: JSON where JSON can show it, names where it cannot. */

const depthMax = 6;
const membersMax = 100;
const lengthMax = 10_000;

export function inspect(value: unknown): string {
  try {
    const text = show(value, []);
    return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  } catch {
    return '(a value that cannot be shown)';
  }
}

function show(value: unknown, above: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'function':
      return `[Function ${value.name || '(anonymous)'}]`;
    case 'object':
      if (value === null) return 'null';
      if (above.includes(value)) return '[Circular]';
      if (above.length >= depthMax) return Array.isArray(value) ? '[Array]' : '[Object]';
      return showObject(value, [...above, value]);
    default:
      return String(value);
  }
}

function list(members: Iterable<unknown>, each: (member: unknown) => string): string {
  const shown: string[] = [];
  for (const member of members) {
    if (shown.length === membersMax) {
      shown.push('…');
      break;
    }
    shown.push(each(member));
  }
  return shown.join(',');
}

function showObject(value: object, above: readonly object[]): string {
  const each = (member: unknown): string => show(member, above);
  if (Array.isArray(value)) return `[${list(value, each)}]`;
  if (value instanceof Error) return value.stack ?? String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Set) return `Set(${value.size}) {${list(value, each)}}`;
  if (value instanceof Map) {
    const pairs = list(value, (pair) => {
      const [key, member] = pair as [unknown, unknown];
      return `${each(key)} => ${each(member)}`;
    });
    return `Map(${value.size}) {${pairs}}`;
  }
  if (value instanceof Promise) return '[Promise]';
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const { length } = value as Uint8Array;
    return `${value.constructor.name}(${length}) [${list(value as Uint8Array, each)}]`;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return show(toJSON.call(value), above);
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  const body = list(Object.entries(value), (pair) => {
    const [key, member] = pair as [string, unknown];
    return `${JSON.stringify(key)}:${each(member)}`;
  });
  return typeof name === 'string' && name !== 'Object' ? `${name} {${body}}` : `{${body}}`;
}
