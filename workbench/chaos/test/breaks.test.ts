import { expect, test } from 'vitest';
import { breaksOf } from '../src/breaks.ts';

test('a seed repeats what breaks, and another one does not', () => {
  expect(breaksOf(1, 100)).toEqual(breaksOf(1, 100));
  expect(breaksOf(2, 100)).not.toEqual(breaksOf(1, 100));
});

test('of five breaks two lose a reply, and one restart comes in the middle', () => {
  const kinds = breaksOf(1, 500).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'lose-reply')).toHaveLength(200);
  expect(kinds.filter((kind) => kind === 'cut' || kind === 'terminate')).toHaveLength(300);
  expect(new Set(kinds)).toContain('cut');
  expect(new Set(kinds)).toContain('terminate');
  expect(kinds.indexOf('restart')).toBe(250);
  expect(kinds).toHaveLength(501);
});

test('nothing breaks where nothing shall', () => {
  expect(breaksOf(1, 0)).toEqual([]);
});
