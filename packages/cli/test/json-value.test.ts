import { expect, test } from 'vitest';
import { jsonValue } from '../src/json-value.ts';

const circle: Record<string, unknown> = {};
circle.self = circle;

const table: Readonly<Record<string, readonly [value: unknown, json: unknown]>> = {
  'null as null': [null, null],
  'a missing member by leaving it out': [{ a: undefined, b: 1 }, { b: 1 }],
  'a missing element as null': [
    [undefined, 1],
    [null, 1],
  ],
  'a hole as null': [new Array(1), [null]],
  'a bigint as its digits': [12345678901234567890n, '12345678901234567890'],
  'numbers that JSON lacks as text': [
    [Number.NaN, Infinity, -Infinity],
    ['NaN', 'Infinity', '-Infinity'],
  ],
  'a date in ISO 8601': [new Date(0), '1970-01-01T00:00:00.000Z'],
  'an invalid date as null': [new Date(Number.NaN), null],
  'a map as pairs': [new Map([[{ a: 1 }, undefined]]), [[{ a: 1 }, null]]],
  'a set as an array': [new Set([1, 'two']), [1, 'two']],
  'bytes in base64': [new Uint8Array([1, 2, 3]), 'AQID'],
  'an error by name, message and its own members': [
    Object.assign(new RangeError('far'), { code: 'FAR' }),
    { name: 'RangeError', message: 'far', code: 'FAR' },
  ],
  'an address and an expression as text': [
    [new URL('https://example.com/a'), /a+/g],
    ['https://example.com/a', '/a+/g'],
  ],
  'a step as its id': [Object.assign(() => undefined, { stepId: 'step//a//b' }), 'step//a//b'],
  'a circle as such': [circle, { self: '(circular)' }],
  'what is shared as often as it is used': [Array(2).fill({ n: 1 }), [{ n: 1 }, { n: 1 }]],
};

for (const [what, [value, json]] of Object.entries(table)) {
  test(`renders ${what}`, () => {
    expect(JSON.parse(JSON.stringify(jsonValue(value)))).toEqual(json);
  });
}

test('a member named __proto__ stays a member', () => {
  const value = jsonValue(JSON.parse('{"__proto__": {"x": 1}}'));
  expect(JSON.stringify(value)).toBe('{"__proto__":{"x":1}}');
});
