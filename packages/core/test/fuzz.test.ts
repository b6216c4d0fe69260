/** Hostile text and hostile bytes: a typed error or a value, nothing else happens. */
import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { LimitError, PayloadError, SerializationError } from '../src/errors.ts';
import { Cipher } from '../src/payload/cipher.ts';
import { createEnvelope } from '../src/payload/envelope.ts';
import { hostCodec } from '../src/payload/host-codec.ts';
import { arrayLengthMax, bigintDigitsMax, depthMax, payloadBytesMax } from '../src/payload/limits.ts';
import { storedValues } from './stored-values.ts';

const rounds = 20_000;

/** Mulberry32: the same mutations in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const seeds = storedValues
  .map(([, make]) => hostCodec.stringify(make()))
  .filter((text) => text.length < 5_000);
const pieces = [
  '-1',
  '-2',
  '-7',
  '0',
  '1',
  '99',
  '1e9',
  'null',
  '"__proto__"',
  '"Map"',
  '"Error"',
  '"Class"',
  '"Function"',
  '"ArrayBuffer"',
  '"Uint8Array"',
  '"Object"',
  '"Response"',
  '"constructor"',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  '\n',
  '[["Error",1],{"name":2,"message":2,"class":3,"fields":0},"x","__proto__"]',
];

function mutate(text: string, random: (below: number) => number): string {
  let out = text;
  for (let i = random(4); i >= 0; i -= 1) {
    const at = random(out.length + 1);
    const cut = at + random(6);
    const kind = random(4);
    if (kind === 0) out = out.slice(0, at) + out.slice(cut);
    else if (kind === 1) out = out.slice(0, at) + pieces[random(pieces.length)] + out.slice(cut);
    else if (kind === 2)
      out = out.slice(0, at) + out.slice(random(out.length + 1)).slice(0, 40) + out.slice(at);
    else out = out.replace(/-?\d+/g, (digits) => (random(6) === 0 ? String(random(12) - 3) : digits));
  }
  return out;
}

const prototypes = [Object, Array, Map, Set, Error, Function, Date, Promise].map(
  (one) => one.prototype as object,
);
const shapes = (): string => prototypes.map((one) => Reflect.ownKeys(one).map(String).join()).join('\n');

describe('the codec', () => {
  it(`reads ${rounds} mutated texts as values or says PayloadError`, () => {
    const random = randomOf(1);
    const before = shapes();
    for (let i = 0; i < rounds; i += 1) {
      const text = mutate(seeds[random(seeds.length)]!, random);
      try {
        hostCodec.parse(text);
      } catch (error) {
        if (!PayloadError.is(error)) throw new Error(`not typed for ${text}`, { cause: error });
      }
    }
    expect(shapes()).toBe(before);
  });

  it(`writes ${rounds} values made of mutated texts, or says why not`, () => {
    const random = randomOf(2);
    let written = 0;
    for (let i = 0; i < rounds; i += 1) {
      const text = mutate(seeds[random(seeds.length)]!, random);
      try {
        const value = hostCodec.parse(text);
        const again = hostCodec.stringify([value, random]);
        expect.unreachable(again);
      } catch (error) {
        if (SerializationError.is(error)) written += 1;
        else if (!PayloadError.is(error)) throw new Error(`not typed for ${text}`, { cause: error });
      }
      try {
        const value = hostCodec.parse(text);
        expect(() => hostCodec.parse(hostCodec.stringify(value))).not.toThrow();
      } catch (error) {
        if (!PayloadError.is(error) && !SerializationError.is(error)) throw error;
      }
    }
    expect(written).toBeGreaterThan(rounds / 20);
  });

  it.each([
    ['an array that claims a length', `[[-7,4294967295,4294967294,1],"x"]`],
    ['a bigint of many digits', `[["BigInt","${'9'.repeat(bigintDigitsMax + 2)}"]]`],
    ['a view of nothing', '[["Float64Array",1],1000000000]'],
    ['a view that does not fit', '[["Uint32Array",1,1,1],["ArrayBuffer","AAAAAAAA"]]'],
    ['attached bytes that are not there', '[["ArrayBuffer",0,1000000000]]\nAAAA'],
    ['a buffer that refers to itself', '[["Uint8Array",0]]'],
    ['a boxed object', '[["Object",0]]'],
    ['a circle through a class', '[["Class",1],{"id":2,"data":0},"x"]'],
    ['an unknown class', '[["Class",1],{"id":2,"data":3},"constructor",{}]'],
    ['bound arguments that are none', '[["Function",1],{"kind":2,"id":3,"bound":4},"step","a","x"]'],
    ['an unknown tag', '[["constructor",1],{}]'],
    ['a tag of no type', '[["__proto__",1],{}]'],
    ['depth', `[${Array.from({ length: depthMax + 1 }, (_, i) => `[${i + 1}]`).join(',')},1]`],
    [
      'a body that is no body',
      '[["Response",1],{"status":2,"statusText":3,"url":3,"headers":4,"body":4},20,"",[]]',
    ],
  ])('refuses %s', (_name, text) => {
    const started = performance.now();
    expect(() => hostCodec.parse(text)).toThrow(PayloadError);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('refuses to write what it would refuse to read', () => {
    let deep: unknown = 1;
    for (let i = 0; i <= depthMax; i += 1) deep = [deep];
    expect(() => hostCodec.stringify(deep)).toThrow(/more than 1000 objects around it/);
    expect(() => hostCodec.stringify(new Array(arrayLengthMax + 1))).toThrow(SerializationError);
    expect(() => hostCodec.stringify(10n ** BigInt(bigintDigitsMax + 10))).toThrow(SerializationError);
    expect(() => hostCodec.stringify('x'.repeat(payloadBytesMax()))).toThrow(LimitError);
    expect(() => hostCodec.stringify('é'.repeat(payloadBytesMax() / 2))).toThrow(LimitError);
  });
});

describe('the envelope', () => {
  const plain = hostCodec.stringify(Array.from({ length: 400 }, (_, i) => ({ id: i, name: `name ${i}` })));
  const cipher = new Cipher([{ id: 'k', secret: randomBytes(32) }]);
  const open = createEnvelope(undefined, { compressFrom: 1_024 });
  const sealed = createEnvelope(cipher, { compressFrom: 1_024 });

  it('compresses what is long, and opens it', () => {
    const stored = open.wrap(plain, 'wrun_1', 'p') as Uint8Array;
    expect([stored[0], stored.length < plain.length / 3]).toEqual([1, true]);
    expect(open.unwrap(stored, 'wrun_1', 'p')).toBe(plain);
    expect(open.wrap('"short"', 'wrun_1', 'p')).toBe('"short"');
    const noise = JSON.stringify(randomBytes(4_000).toString('base64'));
    expect(
      createEnvelope(undefined, { compressFrom: 16_384 }).wrap(plain.slice(0, 16_000), 'wrun_1', 'p'),
    ).toBeTypeOf('string');
    expect(open.unwrap(open.wrap(noise, 'wrun_1', 'p'), 'wrun_1', 'p')).toBe(noise);
  });

  it('compresses before it seals', () => {
    const stored = sealed.wrap(plain, 'wrun_1', 'p') as Uint8Array;
    expect([stored[0], stored.length < plain.length / 3]).toEqual([3, true]);
    expect(sealed.unwrap(stored, 'wrun_1', 'p')).toBe(plain);
    const downgraded = Uint8Array.from(stored);
    downgraded[0] = 2;
    expect(() => sealed.unwrap(downgraded, 'wrun_1', 'p')).toThrow(PayloadError);
  });

  it('opens nothing beyond its stated length, nor beyond the limit', () => {
    const bomb = (stated: number): Uint8Array => {
      const head = Buffer.alloc(5);
      head[0] = 1;
      head.writeUInt32BE(stated, 1);
      return Buffer.concat([head, zstdCompressSync(Buffer.alloc(200_000_000))]);
    };
    for (const stated of [0, 1, 1_000, payloadBytesMax(), payloadBytesMax() + 1, 0xffff_ffff]) {
      const started = performance.now();
      expect(() => open.unwrap(bomb(stated), 'wrun_1', 'p')).toThrow(PayloadError);
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  });

  it(`opens ${rounds} mutated payloads or says PayloadError`, () => {
    const random = randomOf(3);
    const stored = [open, sealed].map((envelope) => envelope.wrap(plain, 'wrun_1', 'p') as Uint8Array);
    for (let i = 0; i < rounds; i += 1) {
      const kind = random(2);
      const bytes = Uint8Array.from(
        stored[kind]!.subarray(0, random(8) === 0 ? random(stored[kind]!.length) : undefined),
      );
      if (bytes.length > 0) bytes[random(Math.min(bytes.length, random(2) ? 40 : 1e9))] = random(256);
      try {
        hostCodec.parse([open, sealed][kind]!.unwrap(bytes, 'wrun_1', 'p'));
      } catch (error) {
        if (!PayloadError.is(error)) throw error;
      }
    }
  });
});
