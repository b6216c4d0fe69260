import { setImmediate as macrotask } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Admission } from '../src/admission.ts';

/** Asks for room by name; `inside` are the names of those that were let in, in order. */
function crowd(admission: Admission, names: string): string[] {
  const inside: string[] = [];
  for (const name of names) {
    const entered = admission.enter('room');
    if (entered) void entered.then(() => inside.push(name));
    else inside.push(name);
  }
  return inside;
}

describe('admission', () => {
  it('lets in as many as there is room for, and the next one when one leaves', async () => {
    const admission = new Admission(2);
    const inside = crowd(admission, 'abcd');
    expect(inside.join('')).toBe('ab');
    admission.leave();
    await Promise.resolve();
    expect(inside.join('')).toBe('abc');
  });

  it('holds nobody up who needs no room', () => {
    const admission = new Admission(1);
    crowd(admission, 'ab');
    expect(admission.enter('nothing')).toBe(undefined);
  });

  it('does not wait for those inside when they do not move', async () => {
    const admission = new Admission(2);
    const inside = crowd(admission, 'abcdef');
    while (inside.length < 6) await macrotask();
    expect(inside.join('')).toBe('abcdef');
  });

  it('lets nobody in beyond its room while those inside move', async () => {
    const admission = new Admission(1);
    const inside = crowd(admission, 'abcd');
    admission.leave();
    await macrotask();
    expect(inside.join('')).toBe('ab');
  });
});
