/**
 * The globals of a workflow: deterministic, or absent with an error that names the fix.
 *
 * Importing this module changes the realm; it is evaluated before any workflow code.
 */
import { absentInWorkflow } from '../messages.ts';
import { guestMark } from './mark.ts';
import { fillRandom, nextNumber, randomUuid } from './random.ts';
import { init, logs, slot } from './state.ts';

declare const __perdure_env: string;

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** `Date` whose present is the creation time of the last delivered event (E5). */
function installClock(): void {
  const RealDate = Date;
  const LogicalDate = function (this: unknown, ...args: unknown[]): unknown {
    if (!new.target) return new RealDate(slot.time).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [slot.time] : args, new.target);
  };
  LogicalDate.prototype = RealDate.prototype;
  Object.defineProperty(RealDate.prototype, 'constructor', {
    value: LogicalDate,
    writable: true,
    configurable: true,
  });
  for (const key of ['parse', 'UTC'] as const) {
    Object.defineProperty(LogicalDate, key, { value: RealDate[key], writable: true, configurable: true });
  }
  Object.defineProperty(LogicalDate, 'now', { value: () => slot.time, writable: true, configurable: true });
  Object.defineProperty(LogicalDate, 'name', { value: 'Date' });
  Object.defineProperty(LogicalDate, 'length', { value: 7 });
  define('Date', LogicalDate);
  define('performance', Object.freeze({ now: () => slot.time - init.createdAt, timeOrigin: init.createdAt }));
}

function installRandom(): void {
  Object.defineProperty(Math, 'random', { value: nextNumber, writable: true, configurable: true });
  define('crypto', Object.freeze({ randomUUID: randomUuid, getRandomValues: fillRandom }));
}

/** One line per call, printed by the host once per run: replays do not print again. */
function installConsole(): void {
  const show = (value: unknown): string => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return value.stack ?? String(value);
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  };
  const write =
    (level: string) =>
    (...values: unknown[]): void => {
      logs.push({ level, text: values.map(show).join(' ') });
    };
  define(
    'console',
    Object.freeze({
      log: write('log'),
      info: write('info'),
      debug: write('debug'),
      warn: write('warn'),
      error: write('error'),
      trace: write('debug'),
    }),
  );
}

function installAbsent(): void {
  const useSleep = 'Use sleep() of perdure: it is durable and replays.';
  const absent: Record<string, string> = {
    setTimeout: useSleep,
    setInterval: useSleep,
    setImmediate: useSleep,
    fetch: 'Call fetch in a function with "use step".',
    require: 'Import what the workflow needs, or use it in a step.',
  };
  for (const [name, instead] of Object.entries(absent)) {
    define(name, () => {
      throw absentInWorkflow(name, instead);
    });
  }
  for (const name of ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'WebAssembly']) {
    delete (globalThis as Record<string, unknown>)[name];
  }
  define('process', Object.freeze({ env: Object.freeze(JSON.parse(__perdure_env)) }));
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function toBase64(binary: string): string {
  let out = '';
  for (let i = 0; i < binary.length; i += 3) {
    const [a, b, c] = [binary.charCodeAt(i), binary.charCodeAt(i + 1), binary.charCodeAt(i + 2)];
    if (a > 255 || b > 255 || c > 255) throw new RangeError('btoa expects characters up to U+00FF');
    const word = (a << 16) | ((b || 0) << 8) | (c || 0);
    out += base64Digits[word >> 18]! + base64Digits[(word >> 12) & 63]!;
    out += i + 1 < binary.length ? base64Digits[(word >> 6) & 63]! : '=';
    out += i + 2 < binary.length ? base64Digits[word & 63]! : '=';
  }
  return out;
}

function fromBase64(base64: string): string {
  const digits = String(base64).replace(/[\t\n\f\r ]|={1,2}$/g, '');
  if (digits.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(digits)) throw new RangeError('atob expects base64');
  let out = '';
  let bits = 0;
  let word = 0;
  for (const digit of digits) {
    word = ((word << 6) | base64Digits.indexOf(digit)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += String.fromCharCode((word >> bits) & 0xff);
    }
  }
  return out;
}

Object.defineProperty(Promise.prototype, guestMark, { value: true });
// Frames of the host that entered the sandbox count towards the limit; they are dropped later, the user's must stay.
(Error as unknown as { stackTraceLimit: number }).stackTraceLimit = 64;
installClock();
installRandom();
installConsole();
installAbsent();
define('btoa', toBase64);
define('atob', fromBase64);
