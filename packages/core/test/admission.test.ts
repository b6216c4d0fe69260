import { describe, expect, it, vi } from 'vitest';
import { Admission, type Seat } from '../src/admission.ts';

/** Asks for room by name; `inside` are the names of those that were let in, in order. */
function crowd(admission: Admission, names: string): { readonly inside: string[]; readonly seats: Seat[] } {
  const inside: string[] = [];
  const seats = [...names].map((name) => {
    const seat = admission.seat();
    const entered = seat.take('room');
    if (entered) void entered.then(() => inside.push(name));
    else inside.push(name);
    return seat;
  });
  return { inside, seats };
}

const forEver = 2 ** 30;
const patient = (limit: number) => new Admission({ limit, patienceMs: forEver, waitMsMax: forEver });

describe('admission', () => {
  it('lets in as many as there is room for, and the next one when one leaves', async () => {
    const { inside, seats } = crowd(patient(2), 'abcd');
    expect(inside.join('')).toBe('ab');
    seats[0]!.leave();
    await Promise.resolve();
    expect(inside.join('')).toBe('abc');
  });

  it('holds nobody up who needs no room', () => {
    const admission = patient(1);
    crowd(admission, 'ab');
    expect(admission.seat().take('nothing')).toBe(undefined);
  });

  it('does not wait for those inside when they do not move', async () => {
    const { inside } = crowd(new Admission({ limit: 2, patienceMs: 1, waitMsMax: forEver }), 'abcdef');
    await vi.waitUntil(() => inside.length === 6);
    expect(inside.join('')).toBe('abcdef');
  });

  it('keeps the seat of who rests for a moment, and gives away that of who rests for long', async () => {
    const admission = patient(1);
    const { inside, seats } = crowd(admission, 'ab');
    seats[0]!.rest();
    expect(seats[0]!.take('nothing')).toBe(undefined);
    seats[0]!.leave();
    await Promise.resolve();
    expect(inside.join('')).toBe('ab');
    const impatient = new Admission({ limit: 1, patienceMs: 1, waitMsMax: forEver });
    const first = crowd(impatient, 'a');
    first.seats[0]!.rest();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(crowd(impatient, 'b').inside).toEqual(['b']);
  });

  it('lets nobody in beyond its room while those inside get on', async () => {
    const { inside, seats } = crowd(new Admission({ limit: 1, patienceMs: 1, waitMsMax: forEver }), 'ab');
    const busy = setInterval(() => seats[0]!.progress(), 0);
    for (let turn = 0; turn < 10; turn += 1) {
      seats[0]!.progress();
      await new Promise((resolve) => setImmediate(resolve));
    }
    clearInterval(busy);
    expect(inside).toEqual(['a']);
  });

  it('lets in who has waited too long, however busy those inside are', async () => {
    const { inside, seats } = crowd(new Admission({ limit: 1, patienceMs: 1, waitMsMax: 5 }), 'ab');
    while (inside.length < 2) {
      seats[0]!.progress();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(inside).toEqual(['a', 'b']);
  });
});
