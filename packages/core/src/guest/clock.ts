/** Time as a workflow sees it: the creation time of the last delivered event (E5). */
import { installLocalTime, inUtc, parseTime } from './local-time.ts';
import { init, slot } from './state.ts';

const RealDate = Date;

/** The `Date` of workflows. Dates that a program has come of it, so that what it does to their prototype may wait for it. */
export function workflowDate(): unknown {
  const parse = (text: unknown): number => parseTime(RealDate.parse, String(text));
  const LogicalDate = function (this: unknown, ...args: unknown[]): unknown {
    if (!new.target) return new RealDate(slot.time).toString();
    return Reflect.construct(RealDate, [timeOf(args)], new.target);
  };
  const timeOf = (args: unknown[]): unknown => {
    if (args.length === 0) return slot.time;
    if (args.length > 1) return RealDate.UTC(...(args as [number, number]));
    const [value] = args;
    if (value instanceof RealDate) return value.getTime();
    const primitive = toPrimitive(value);
    return typeof primitive === 'string' ? parse(primitive) : primitive;
  };
  installLocalTime(RealDate.prototype);
  LogicalDate.prototype = RealDate.prototype;
  Object.defineProperty(RealDate.prototype, 'constructor', {
    value: LogicalDate,
    writable: true,
    configurable: true,
  });
  const statics = { UTC: RealDate.UTC, parse: (text: unknown) => parse(text), now: () => slot.time };
  for (const [key, value] of Object.entries(statics))
    Object.defineProperty(LogicalDate, key, { value, writable: true, configurable: true });
  Object.defineProperty(LogicalDate, 'name', { value: 'Date' });
  Object.defineProperty(LogicalDate, 'length', { value: 7 });
  return LogicalDate;
}

/** As a Date takes its only argument: an object says by itself what it is. */
function toPrimitive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const convert = (value as { [Symbol.toPrimitive]?: (hint: string) => unknown })[Symbol.toPrimitive];
  if (convert !== undefined && convert !== null) return convert.call(value, 'default');
  const plain = value.valueOf();
  return typeof plain === 'object' && plain !== null ? String(value) : plain;
}

export function workflowPerformance(): object {
  return Object.freeze({ now: () => slot.time - init.createdAt, timeOrigin: init.createdAt });
}

const RealIntl = Intl;

export function workflowIntl(): typeof Intl {
  const Real = RealIntl.DateTimeFormat;
  installFormats(Real.prototype);
  const InUtc = function DateTimeFormat(
    this: unknown,
    locales?: Intl.LocalesArgument,
    options?: Intl.DateTimeFormatOptions,
  ): unknown {
    return Reflect.construct(Real, [locales, inUtc(options)], new.target ?? Real);
  };
  InUtc.prototype = Real.prototype;
  Object.defineProperty(Real.prototype, 'constructor', { value: InUtc, writable: true, configurable: true });
  Object.defineProperty(InUtc, 'length', { value: 0 });
  Object.defineProperty(InUtc, 'supportedLocalesOf', {
    value: Real.supportedLocalesOf,
    writable: true,
    configurable: true,
  });
  Object.defineProperty(RealIntl, 'DateTimeFormat', { value: InUtc, writable: true, configurable: true });
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
