import { describe, expect, it } from 'vitest';
import { timeAfter } from '../src/duration.ts';

describe('timeAfter', () => {
  it.each([
    ['10s', 10_000],
    ['1.5h', 5_400_000],
    ['1h 30m', 5_400_000],
    ['2 days', 172_800_000],
    ['1 week', 604_800_000],
    ['250ms', 250],
    [' 5 Minutes ', 300_000],
    [0, 0],
    [12.2, 13],
    [new Date(1_500), 500],
  ])('reads %s', (duration, expected) => {
    expect(timeAfter(duration, 1_000) - 1_000).toBe(expected);
  });

  it.each([
    '',
    'soon',
    '10',
    '10x',
    '-5s',
    's10',
    '10s!',
    Number.NaN,
    -1,
    Infinity,
    new Date(Number.NaN),
    {} as Date,
  ])('refuses %s', (duration) => {
    expect(() => timeAfter(duration, 0)).toThrow(expect.objectContaining({ code: 'DURATION_INVALID' }));
  });
});
