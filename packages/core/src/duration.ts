import { durationInvalid } from './messages.ts';

/** A duration such as `"10s"` or `"1h 30m"`, milliseconds, or a point in time. */
export type Duration = string | number | Date;

const part = /(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy;

/** Milliseconds of a unit by any of its names. Its tables are made in here: most runs sleep never. */
function unitLength(word: string): number | undefined {
  const unitMs: Record<string, number> = {
    ms: 1,
    s: 1_000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
  };
  const unitNames: Record<string, string> = {
    millisecond: 'ms',
    sec: 's',
    second: 's',
    min: 'm',
    minute: 'm',
    hr: 'h',
    hour: 'h',
    day: 'd',
    week: 'w',
  };
  const unit = unitNames[word] ?? unitNames[word.replace(/s$/, '')] ?? word;
  return Object.hasOwn(unitMs, unit) ? unitMs[unit] : undefined;
}

function milliseconds(text: string): number {
  let sum = 0;
  let end = 0;
  const source = text.trim().toLowerCase();
  part.lastIndex = 0;
  for (let match = part.exec(source); match; match = part.exec(source)) {
    const unitMs = unitLength(match[2]!);
    if (unitMs === undefined) throw durationInvalid(JSON.stringify(text));
    sum += Number(match[1]) * unitMs;
    end = part.lastIndex;
  }
  if (end === 0 || end !== source.length) throw durationInvalid(JSON.stringify(text));
  return sum;
}

/**
 * The point in time, in milliseconds since the epoch, that lies a duration after `now`.
 *
 * Throws `ContextError` DURATION_INVALID for NaN, negative or infinite numbers, Invalid Date and unknown units.
 */
export function timeAfter(duration: Duration, now: number): number {
  if (typeof duration === 'string') return Math.ceil(now + milliseconds(duration));
  if (typeof duration === 'number') {
    if (!Number.isFinite(duration) || duration < 0) throw durationInvalid(String(duration));
    return Math.ceil(now + duration);
  }
  const time = Object.prototype.toString.call(duration) === '[object Date]' ? duration.getTime() : Number.NaN;
  if (Number.isNaN(time)) throw durationInvalid(duration instanceof Date ? 'Invalid Date' : typeof duration);
  return time;
}
