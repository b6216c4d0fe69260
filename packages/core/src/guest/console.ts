/** One line per call, printed by the host once per run: replays do not print again. */
import { inspect } from './inspect.ts';
import { logs, slot } from './state.ts';

type Level = 'log' | 'info' | 'debug' | 'warn' | 'error';

function plain(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value);
}

function numeric(value: unknown, convert: (value: never) => number): string {
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'symbol' ? 'NaN' : String(convert(value as never));
}

function directive(letter: string, value: unknown): string {
  switch (letter) {
    case 's':
      return typeof value === 'object' || typeof value === 'function' ? inspect(value) : String(value);
    case 'd':
      return numeric(value, Number);
    case 'i':
      return numeric(value, Number.parseInt);
    case 'f':
      return numeric(value, Number.parseFloat);
    // Styles are for browsers.
    case 'c':
      return '';
    default:
      return inspect(value);
  }
}

function format(values: readonly unknown[]): string {
  const [first, ...rest] = values;
  if (typeof first !== 'string' || rest.length === 0) return values.map(plain).join(' ');
  let used = 0;
  const text = first.replace(/%([sdifoOjc%])/g, (whole, letter: string) => {
    if (letter === '%') return '%';
    if (used === rest.length) return whole;
    used += 1;
    return directive(letter, rest[used - 1]);
  });
  return [text, ...rest.slice(used).map(plain)].join(' ');
}

/** Rows as columns; anything else as it is. */
function table(data: unknown): string {
  if (typeof data !== 'object' || data === null) return plain(data);
  const rows = Object.entries(data);
  const columns = [...new Set(rows.flatMap(([, row]) => (isRecord(row) ? Object.keys(row) : [])))];
  const values = rows.some(([, row]) => !isRecord(row));
  const head = ['(index)', ...columns, ...(values ? ['Values'] : [])];
  const body = rows.map(([key, row]) => {
    const cells = columns.map((column) => (isRecord(row) && column in row ? plain(row[column]) : ''));
    return [key, ...cells, ...(values ? [isRecord(row) ? '' : plain(row)] : [])];
  });
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [head, ...body].map(line).join('\n');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function workflowConsole(): object {
  let indent = '';
  const counts = new Map<string, number>();
  const timers = new Map<string, number>();
  const put = (level: Level, text: string): void => {
    logs.push({ level, text: indent === '' ? text : text.replace(/^/gm, indent) });
  };
  const write =
    (level: Level) =>
    (...values: unknown[]): void =>
      put(level, format(values));
  const open = (...values: unknown[]): void => {
    if (values.length > 0) put('log', format(values));
    indent += '  ';
  };
  const elapsed = (label: string): string => `${label}: ${slot.time - (timers.get(label) ?? slot.time)}ms`;
  const methods = {
    log: write('log'),
    info: write('info'),
    debug: write('debug'),
    warn: write('warn'),
    error: write('error'),
    trace: write('debug'),
    dir: (value: unknown) => put('log', inspect(value)),
    dirxml: write('log'),
    table: (data: unknown) => put('log', table(data)),
    assert(condition: unknown, ...values: unknown[]) {
      if (!condition)
        put('error', ['Assertion failed', ...(values.length > 0 ? [format(values)] : [])].join(': '));
    },
    group: open,
    groupCollapsed: open,
    groupEnd() {
      indent = indent.slice(2);
    },
    count(label = 'default') {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      put('log', `${label}: ${counts.get(label)}`);
    },
    countReset: (label = 'default') => void counts.delete(label),
    time: (label = 'default') => void timers.set(label, slot.time),
    timeLog: (label = 'default', ...values: unknown[]) =>
      put('log', [elapsed(label), ...values.map(plain)].join(' ')),
    timeEnd(label = 'default') {
      put('log', elapsed(label));
      timers.delete(label);
    },
  };
  return Object.freeze(methods);
}
