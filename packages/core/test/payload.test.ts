import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as errors from '../src/errors.ts';
import { FatalError, PayloadError, RetryableError, SerializationError } from '../src/errors.ts';
import { Cipher, type Key, parseKeys } from '../src/payload/cipher.ts';
import { createEnvelope } from '../src/payload/envelope.ts';
import { hostCodec } from '../src/payload/host-codec.ts';

const key = (id: string): Key => ({ id, secret: randomBytes(32) });
const roundTrip = (value: unknown): unknown => hostCodec.parse(hostCodec.stringify(value));

describe('the codec', () => {
  const shared = { a: 1 };
  const circular: Record<string, unknown> = { name: 'loop' };
  circular.self = circular;
  const table: [string, unknown][] = [
    ['undefined', undefined],
    ['negative zero', -0],
    ['NaN', Number.NaN],
    ['infinities', [Infinity, -Infinity]],
    ['bigint', 12345678901234567890n],
    ['a lone surrogate and NUL', 'a\ud800b\0'],
    ['a date', new Date(1)],
    ['an invalid date', new Date(Number.NaN)],
    ['a pattern', /a+/gi],
    ['a map and a set', [new Map([[{ k: 1 }, new Set([1])]])]],
    ['a sparse array', Object.assign(new Array(3), { 0: 1, 2: 3 })],
    ['bytes', new Uint8Array([0, 255, 128])],
    ['a url', new URL('https://example.com/?a=1')],
    ['shared references', [shared, shared]],
    ['a null-prototype object', Object.assign(Object.create(null), { x: 1 })],
  ];

  it.each(table)('brings back %s', (_name, value) => {
    expect(roundTrip(value)).toEqual(value);
  });

  it('keeps circles', () => {
    const back = roundTrip(circular) as typeof circular;
    expect(back.self).toBe(back);
  });

  it('keeps errors: class, fields, cause, stack', () => {
    const error = Object.assign(new RangeError('far', { cause: new Error('near') }), { limit: 3 });
    const back = roundTrip(error) as typeof error;
    expect(back).toBeInstanceOf(RangeError);
    expect(back).toMatchObject({ message: 'far', limit: 3, cause: { message: 'near' } });
    expect(back.stack).toBe(error.stack);
    expect(Object.keys(back)).toEqual(['limit']);
  });

  it('keeps aggregate errors and an undefined cause', () => {
    const back = roundTrip(new AggregateError([new TypeError('a'), 'b'], 'both')) as AggregateError;
    expect(back).toBeInstanceOf(AggregateError);
    expect(back.errors).toMatchObject([{ name: 'TypeError' }, 'b']);
    expect(Object.hasOwn(roundTrip(new Error('x', { cause: undefined })) as Error, 'cause')).toBe(true);
    expect(Object.hasOwn(roundTrip(new Error('x')) as Error, 'cause')).toBe(false);
  });

  it('keeps the engine’s own errors, instanceof included', () => {
    const fatal = roundTrip(new FatalError('stop', { hint: 'h' })) as FatalError;
    expect(fatal).toBeInstanceOf(FatalError);
    expect(fatal).toMatchObject({ code: 'FATAL', hint: 'h', fatal: true, message: 'stop' });
    expect(FatalError.is(fatal)).toBe(true);
    expect(roundTrip(new RetryableError('later', { retryAfter: 5 }))).toMatchObject({ retryAfter: 5 });
  });

  it.each(Object.entries(errors).filter(([name]) => name.endsWith('Error')))(
    'keeps the class %s',
    (name, cls) => {
      const error = Object.setPrototypeOf(Object.assign(new Error('m'), { name }), cls.prototype) as Error;
      expect(roundTrip(error)).toBeInstanceOf(cls);
    },
  );

  it('gives an unknown error class its name and fields', () => {
    class PaymentError extends Error {
      override name = 'PaymentError';
      amount = 5;
    }
    expect(roundTrip(new PaymentError('declined'))).toMatchObject({
      name: 'PaymentError',
      amount: 5,
      message: 'declined',
    });
  });

  it.each([
    ['a function', { args: [{ user: { callback: () => 1 } }] }, '.args[0].user.callback'],
    ['a symbol', [Symbol('s')], '[0]'],
    ['a promise', { p: Promise.resolve() }, '.p'],
    ['a weak map', { w: new WeakMap() }, '.w'],
    ['an instance of a class', { x: new (class Custom {})() }, '.x'],
  ])('refuses %s with its path', (_name, value, path) => {
    try {
      hostCodec.stringify(value);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SerializationError);
      expect(error).toMatchObject({ path, code: 'NOT_SERIALIZABLE' });
    }
  });

  it.each([
    '',
    'nonsense',
    '{}',
    '[]',
    '[["Unknown",1],1]',
    '[["Error",1],1]',
    '[{"__proto__":1},{"x":2},1]',
    '[["Error",1],{"message":2,"name":2,"fields":3},"m",{"__proto__":4},{"polluted":2}]',
    '[[-7,1e9]]',
    '[["ArrayBuffer",5]]',
    '-9',
  ])('refuses or defuses hostile text %s', (text) => {
    try {
      hostCodec.parse(text);
    } catch (error) {
      expect(PayloadError.is(error)).toBe(true);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('the envelope', () => {
  const text = hostCodec.stringify({ hello: 'wörld', lone: '\ud800', both: '😀' });

  it('stores text as it is without keys', () => {
    expect(createEnvelope(undefined).wrap(text, 'wrun_1', 'p')).toBe(text);
  });

  it('seals for a run and a place, and opens only there', () => {
    const envelope = createEnvelope(new Cipher([key('k1')]));
    const sealed = envelope.wrap(text, 'wrun_1', 'step_1/input') as Uint8Array;
    expect(Buffer.from(sealed).includes('hello')).toBe(false);
    expect(hostCodec.parse(envelope.unwrap(sealed, 'wrun_1', 'step_1/input'))).toEqual(hostCodec.parse(text));
    expect(() => envelope.unwrap(sealed, 'wrun_2', 'step_1/input')).toThrow(PayloadError);
    expect(() => envelope.unwrap(sealed, 'wrun_1', 'step_2/input')).toThrow(PayloadError);
  });

  it('detects a flip of any bit and a cut at any byte', () => {
    const envelope = createEnvelope(new Cipher([key('k1')]));
    const sealed = envelope.wrap('"x"', 'wrun_1', 'p') as Uint8Array;
    for (let i = 0; i < sealed.length; i += 1) {
      const flipped = sealed.slice();
      flipped[i]! ^= 1;
      expect(() => envelope.unwrap(flipped, 'wrun_1', 'p')).toThrow(PayloadError);
      expect(() => envelope.unwrap(sealed.slice(0, i), 'wrun_1', 'p')).toThrow(PayloadError);
    }
  });

  it('rotates keys: the first seals, all open, a missing one is named', () => {
    const [old, fresh] = [key('old'), key('fresh')];
    const sealed = createEnvelope(new Cipher([old])).wrap('"x"', 'wrun_1', 'p');
    expect(createEnvelope(new Cipher([fresh, old])).unwrap(sealed, 'wrun_1', 'p')).toBe('"x"');
    expect(() => createEnvelope(new Cipher([fresh])).unwrap(sealed, 'wrun_1', 'p')).toThrow(/"old"/);
    expect(() => createEnvelope(undefined).unwrap(sealed, 'wrun_1', 'p')).toThrow(/"old"/);
  });

  it('reads keys from text, and says what is wrong with them', () => {
    const secret = randomBytes(32).toString('base64');
    expect(parseKeys(`a:${secret}, b:${secret}`).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(() => parseKeys('a:c2hvcnQ=')).toThrow(/key a has 5 bytes instead of 32/);
    expect(() => parseKeys(`no id:${secret}`)).toThrow(/no key id/);
  });
});
