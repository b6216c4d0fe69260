/** Values that cross, one of each kind, made anew on every call: a round trip must not be able to cheat by sharing. */
import { FatalError, HookConflictError, RetryableError } from '../src/errors.ts';

const withStack = <T extends Error>(error: T): T => {
  Object.defineProperty(error, 'stack', {
    value: `${error.name}: ${error.message}\n    at here`,
    configurable: true,
  });
  return error;
};

const views = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Float16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
] as const;

function viewOf(name: (typeof views)[number]): ArrayBufferView | undefined {
  const View = (globalThis as unknown as Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>)[name];
  return View && new View(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 0, 255, 127, 128, 9, 10, 11, 12]).buffer);
}

function circle(): unknown {
  const object: Record<string, unknown> = { name: 'circle', list: [] };
  object.self = object;
  (object.list as unknown[]).push(object, object.list);
  return object;
}

function circularError(): unknown {
  const error = withStack(new TypeError('round')) as TypeError & { context?: unknown };
  error.context = { error };
  error.cause = error;
  return error;
}

export const storedValues: readonly (readonly [name: string, make: () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['false', () => false],
  ['zero', () => 0],
  ['negative zero', () => -0],
  ['a fraction', () => 0.1],
  ['a large number', () => 1e300],
  ['a small number', () => -5e-324],
  ['NaN', () => Number.NaN],
  ['infinity', () => Number.POSITIVE_INFINITY],
  ['negative infinity', () => Number.NEGATIVE_INFINITY],
  ['a bigint', () => 12345678901234567890n],
  ['a negative bigint', () => -1n],
  ['an empty string', () => ''],
  ['a string', () => 'hello "world" \\ </script>'],
  ['an emoji', () => '😀 é \u2028\u2029'],
  ['lone surrogates', () => 'a\ud800b\udfff'],
  ['NUL and controls', () => '\0\x01\x1f\x7f\n\r\t'],
  ['a date', () => new Date(1_700_000_000_123)],
  ['a date before year 0', () => new Date(-1e14)],
  ['an invalid date', () => new Date(Number.NaN)],
  ['a pattern', () => /a+["\n]/giu],
  ['a pattern without flags', () => /x/],
  ['a url', () => new URL('https://user:pw@example.com:8080/a?b=c#d')],
  ['search params', () => new URLSearchParams('a=1&a=2&b=%20')],
  [
    'headers',
    () =>
      new Headers([
        ['x-a', '1'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ]),
  ],
  ['an empty array', () => []],
  ['an array', () => [1, 'two', [3], null, undefined]],
  ['holes', () => Object.assign(new Array(3), { 1: 'x' })],
  ['a sparse array', () => Object.assign(new Array(1_000_000), { 5: 'a', 999999: 'b' })],
  ['an empty sparse array', () => new Array(100)],
  ['an object', () => ({ a: 1, 'b c': { d: 'e' }, 5: undefined })],
  ['an empty object', () => ({})],
  ['a null-prototype object', () => Object.assign(Object.create(null), { x: 1 })],
  ['__proto__ as an own key', () => JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')],
  [
    '__proto__ without a prototype',
    () =>
      Object.defineProperty(Object.create(null), '__proto__', {
        value: 1,
        enumerable: true,
        writable: true,
        configurable: true,
      }),
  ],
  ['names of methods as keys', () => ({ toString: 1, hasOwnProperty: 2, valueOf: 3, toJSON: 4 })],
  [
    'a map',
    () =>
      new Map<unknown, unknown>([
        [{ k: 1 }, 'v'],
        ['s', new Map()],
        [Number.NaN, -0],
      ]),
  ],
  ['a set', () => new Set<unknown>([1, 'a', {}, new Set([null])])],
  ['boxed primitives', () => [Object(1), Object('s'), Object(true), Object(5n)]],
  ['an array buffer', () => Uint8Array.from([0, 1, 254, 255]).buffer],
  ['an empty buffer', () => new ArrayBuffer(0)],
  ['a large buffer', () => Uint8Array.from({ length: 20_000 }, (_, i) => i * 7)],
  ['part of a buffer', () => new Uint16Array(Uint8Array.from([9, 9, 1, 0, 2, 0, 9, 9]).buffer, 2, 2)],
  ...views.map((name) => [`a ${name}`, () => viewOf(name)] as const),
  [
    'shared references',
    () => {
      const shared = { a: 1 };
      return [shared, shared, new Map([[shared, shared]])];
    },
  ],
  [
    'two views of a buffer',
    () => {
      const { buffer } = new Uint8Array([1, 2]);
      return [buffer, new Uint8Array(buffer)];
    },
  ],
  ['a circle', circle],
  ['an error', () => withStack(new Error('plain'))],
  ['an error without a message', () => withStack(new Error())],
  ...[EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (Class) => [`a ${Class.name}`, () => withStack(new Class('m'))] as const,
  ),
  ['an aggregate error', () => withStack(new AggregateError([withStack(new TypeError('a')), 'b'], 'both'))],
  ['a DOMException', () => withStack(new DOMException('gone', 'AbortError') as Error)],
  ['a cause', () => withStack(new Error('outer', { cause: withStack(new RangeError('inner')) }))],
  ['an undefined cause', () => withStack(new Error('x', { cause: undefined }))],
  [
    'fields of an error',
    () => Object.assign(withStack(new TypeError('x')), { status: 404, detail: { a: [1] } }),
  ],
  ['an error in a circle', circularError],
  ['a FatalError', () => withStack(new FatalError('stop', { hint: 'h' }))],
  ['a RetryableError', () => withStack(new RetryableError('later', { retryAfter: new Date(5) }))],
  ['a HookConflictError', () => withStack(new HookConflictError('t', 'wrun_1'))],
  [
    'deep',
    () => {
      let value: unknown = 'leaf';
      for (let i = 0; i < 900; i += 1) value = [value];
      return value;
    },
  ],
];
