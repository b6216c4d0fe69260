/** Time as a workflow sees it: the creation time of the last delivered event (E5). */
import { define } from './lazy.ts';
import { init, slot } from './state.ts';

export function installClock(): void {
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
}

export function workflowPerformance(): object {
  return Object.freeze({ now: () => slot.time - init.createdAt, timeOrigin: init.createdAt });
}

const RealIntl = Intl;

export function workflowIntl(): typeof Intl {
  installFormats(RealIntl.DateTimeFormat.prototype);
  return RealIntl;
}

type Format = Intl.DateTimeFormat;

/** Formats without a time format the present: ours. */
function installFormats(prototype: Format): void {
  const bound = new WeakMap<Format, Format['format']>();
  const realFormat = Object.getOwnPropertyDescriptor(prototype, 'format')!.get!;
  const realParts = prototype.formatToParts;
  Object.defineProperty(prototype, 'format', {
    get(this: Format) {
      const real: Format['format'] = realFormat.call(this);
      const known = bound.get(this);
      if (known) return known;
      const format: Format['format'] = (date) => real(date === undefined ? slot.time : date);
      bound.set(this, format);
      return format;
    },
    configurable: true,
  });
  Object.defineProperty(prototype, 'formatToParts', {
    value: {
      formatToParts(this: Format, date?: Date | number) {
        return realParts.call(this, date === undefined ? slot.time : date);
      },
    }.formatToParts,
    writable: true,
    configurable: true,
  });
}
