/**
 * Local time in a workflow is UTC: the zone of the machine is not in the history (E5), and the next replay may be on
 * another one. A zone that is named is that zone.
 */

const parts = ['Date', 'Day', 'FullYear', 'Hours', 'Milliseconds', 'Minutes', 'Month', 'Seconds'] as const;
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const isoDateTime = /^(?:\d{4}|[+-]\d{6})-\d\d(?:-\d\d)?T\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?$/;
const isoDate = /^(?:\d{4}|[+-]\d{6})(?:-\d\d(?:-\d\d)?)?$/;
const namesZone =
  /(?:Z|UTC?|GMT|[ECMP][SD]T)(?:[+-]\d{1,2}:?\d{0,2})?\s*(?:\([^)]*\))?\s*$|[+-]\d\d:?\d\d\s*(?:\([^)]*\))?\s*$/i;

/** `text` as `Date.parse` reads it, in UTC where it names no zone. */
export function parseTime(parse: (text: string) => number, text: string): number {
  if (isoDateTime.test(text)) return parse(`${text}Z`);
  if (isoDate.test(text) || namesZone.test(text)) return parse(text);
  return parse(`${text} UTC`);
}

const two = (value: number): string => String(value).padStart(2, '0');

function yearText(year: number): string {
  return `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}`;
}

function dateText(date: Date): string {
  const day = `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${two(date.getUTCDate())}`;
  return `${day} ${yearText(date.getUTCFullYear())}`;
}

function timeText(date: Date): string {
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${clock} GMT+0000 (Coordinated Universal Time)`;
}

const invalid = 'Invalid Date';
const isInvalid = (date: Date): boolean => Number.isNaN(date.getTime());

const inZone = {
  getTimezoneOffset(this: Date): number {
    return this.getTime() * 0;
  },
  toDateString(this: Date): string {
    return isInvalid(this) ? invalid : dateText(this);
  },
  toTimeString(this: Date): string {
    return isInvalid(this) ? invalid : timeText(this);
  },
  toString(this: Date): string {
    return isInvalid(this) ? invalid : `${dateText(this)} ${timeText(this)}`;
  },
};

type Method = (this: Date, ...args: never[]) => unknown;

/** Makes local time of dates UTC. */
export function installLocalTime(prototype: Date): void {
  const methods = prototype as unknown as Record<string, Method>;
  // Assigned, not defined: what is there keeps its attributes, and every context pays for this.
  for (const part of parts) {
    methods[`get${part}`] = methods[`getUTC${part}`]!;
    if (part !== 'Day') methods[`set${part}`] = methods[`setUTC${part}`]!;
  }
  Object.assign(methods, inZone);
  for (const name of ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'] as const) {
    const real = prototype[name] as (
      locales?: Intl.LocalesArgument,
      options?: Intl.DateTimeFormatOptions,
    ) => string;
    const ours = {
      [name](this: Date, locales?: Intl.LocalesArgument, options?: Intl.DateTimeFormatOptions): string {
        return real.call(this, locales, inUtc(options));
      },
    }[name]!;
    methods[name] = ours as Method;
  }
}

/** Options of a format that names no zone. */
export function inUtc(options: Intl.DateTimeFormatOptions | undefined): Intl.DateTimeFormatOptions {
  return options?.timeZone === undefined ? { ...options, timeZone: 'UTC' } : options;
}
