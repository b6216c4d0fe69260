import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type PayloadView, viewPayload } from '../src/index.ts';
import { Cipher } from '../src/payload/cipher.ts';
import { createEnvelope } from '../src/payload/envelope.ts';
import { hostCodec } from '../src/payload/host-codec.ts';

const text = (view: PayloadView): string =>
  view.kind === 'value' ? inspect(view.value, { breakLength: Infinity }) : view.kind;

describe('a payload that is looked at', () => {
  it('shows what nobody in this process can make', () => {
    expect(text(viewPayload('[["Class",1],{"id":2,"data":3},"geo.ts//Point",{"x":4},5]'))).toBe(
      'Point { x: 5 }',
    );
    expect(text(viewPayload('[["Function",1],{"kind":2,"id":3},"step","a.ts//send"]'))).toBe(
      '[Function: a.ts//send]',
    );
    expect(text(viewPayload(hostCodec.stringify(new Headers({ a: 'b' }))))).toContain('Headers');
    const error = Object.assign(new RangeError('far'), { limit: 3 });
    expect(viewPayload(hostCodec.stringify(error))).toMatchObject({
      value: { name: 'RangeError', message: 'far', limit: 3 },
    });
  });

  it('is opened when it is only compressed', () => {
    const long = hostCodec.stringify('long '.repeat(10_000));
    expect(viewPayload(createEnvelope(undefined).wrap(long, 'wrun_1', 'p'))).toEqual({
      kind: 'value',
      value: 'long '.repeat(10_000),
    });
  });

  it('says whether it is sealed or broken', () => {
    const cipher = new Cipher([{ id: 'k', secret: randomBytes(32) }]);
    expect(viewPayload(createEnvelope(cipher).wrap('"x"', 'wrun_1', 'p'))).toEqual({ kind: 'sealed' });
    expect(viewPayload('nonsense').kind).toBe('unreadable');
    expect(viewPayload(Uint8Array.of(9, 9)).kind).toBe('unreadable');
  });
});
