/** The wire format is frozen: what was once written is read for ever, and written the same. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parse as devalueParse, stringify as devalueStringify } from 'devalue';
import { describe, expect, it } from 'vitest';
import { Cipher } from '../src/payload/cipher.ts';
import { createEnvelope } from '../src/payload/envelope.ts';
import { hostCodec } from '../src/payload/host-codec.ts';
import { storedValues } from './stored-values.ts';

const file = new URL('./fixtures/vectors.json', import.meta.url);
const recorded: Record<string, string> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
const missing = storedValues.filter(([name]) => !Object.hasOwn(recorded, name));
// Run once with ADD_VECTORS=1 after adding a value; a vector is never changed.
if (process.env.ADD_VECTORS && missing.length > 0) {
  for (const [name, make] of missing) recorded[name] = hostCodec.stringify(make());
  writeFileSync(file, `${JSON.stringify(recorded, undefined, 2)}\n`);
}
const frozen = storedValues.filter(([name]) => Object.hasOwn(recorded, name));

/** Values that are devalue's own, without what we add to its notation. */
const ours = /error|Error|cause|DOMException|headers|__proto__|a large buffer|part of a buffer/;

describe('the text of a value', () => {
  it('has a vector for every kind', () => {
    expect(Object.keys(recorded)).toEqual(expect.arrayContaining(storedValues.map(([name]) => name)));
    expect(storedValues.length).toBeGreaterThanOrEqual(60);
  });

  it.each(frozen)('is read: %s', (name, make) => {
    const value = hostCodec.parse(recorded[name]!);
    expect(hostCodec.stringify(value)).toBe(recorded[name]);
    // Two circles through errors are never equal to the test runner.
    if (name !== 'an error in a circle') expect(value).toStrictEqual(make());
  });

  it.each(frozen)('is written: %s', (name, make) => {
    expect(hostCodec.stringify(make())).toBe(recorded[name]);
  });

  it.each(storedValues.filter(([name]) => !ours.test(name)))('is devalue’s: %s', (_name, make) => {
    const text = hostCodec.stringify(make());
    expect(text).toBe(devalueStringify(make()));
    expect(devalueParse(text)).toStrictEqual(hostCodec.parse(text));
  });
});

describe('the envelope of a text', () => {
  const stored: Record<string, string> = JSON.parse(
    readFileSync(new URL('./fixtures/envelopes.json', import.meta.url), 'utf8'),
  );
  const envelope = createEnvelope(new Cipher([{ id: 'golden', secret: Buffer.alloc(32, 7) }]));
  const long = JSON.stringify(['golden '.repeat(400)]);

  it.each([
    ['compressed', long],
    ['sealed', '["golden"]'],
    ['compressedSealed', long],
  ])('is opened: %s', (kind, text) => {
    expect(envelope.unwrap(Buffer.from(stored[kind]!, 'base64'), 'wrun_1', 'run/input')).toBe(text);
  });
});
