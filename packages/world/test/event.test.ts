import { describe, expect, test } from 'vitest';
import {
  copyEvent,
  type Event,
  eventIdOf,
  isEvent,
  isId,
  isProgramHash,
  isTerminal,
  parseEvent,
  parseSentEvent,
  sendableTypes,
} from '../src/index.ts';
import { event, sampleData, sampleTypes } from './samples.ts';

/** Values that are wrong, or only just right, in some field. */
const oddValues: readonly unknown[] = [
  undefined,
  null,
  '',
  'x',
  '../x',
  'x'.repeat(129),
  'x'.repeat(513),
  'x'.repeat(1025),
  0,
  -1,
  1.5,
  7,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 60,
  true,
  {},
  [],
  new Uint8Array(),
  Buffer.from('b'),
  new Uint16Array(1),
  Symbol('s'),
  { code: 'X', message: 'm' },
  { code: 'X', message: 'm', hint: undefined },
  { code: 'X', message: 7 },
  { maxRetries: 2, jitter: 0.5 },
  { maxRetries: 1.5 },
  { maxRetries: -1 },
  { timeoutMs: Number.POSITIVE_INFINITY },
  { backoff: undefined },
  { '': 'x' },
  { name: null },
  { name: 'é'.repeat(129) },
  { ['n'.repeat(257)]: 'x' },
  Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`n${n}`, 'x'])),
  Object.fromEntries(Array.from({ length: 129 }, (_, n) => [`n${n}`, 'x'])),
  new Map(),
  'completed',
];

describe('checks', () => {
  test('a well-formed event of each type passes, and comes out equal', () => {
    for (const type of sampleTypes) {
      const good = event(2, type);
      expect(parseEvent(good)).toEqual({ ok: true, value: good });
      expect(isEvent(good)).toBe(true);
    }
  });

  test('the quick check and the schemas agree on every odd value in every field', () => {
    let refused = 0;
    const compare = (record: unknown, what: string) => {
      const { ok } = parseEvent(record);
      expect(isEvent(record as Event), what).toBe(ok);
      if (!ok) refused += 1;
    };
    for (const type of sampleTypes) {
      const good = event(2, type) as unknown as Record<string, unknown>;
      for (const value of oddValues) {
        const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
        for (const name of Object.keys(good)) compare({ ...good, [name]: value }, `${type} ${name} ${shown}`);
        for (const name of Object.keys(sampleData[type])) {
          const eventData = { ...sampleData[type], [name]: value };
          compare({ ...good, eventData }, `${type} eventData.${name} ${shown}`);
        }
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  test('records that are no events are refused with a line that says why', () => {
    for (const record of [
      null,
      undefined,
      1,
      'x',
      [],
      {},
      { eventType: '__proto__' },
      { eventType: 'toString' },
    ]) {
      expect(isEvent(record as Event)).toBe(false);
      expect(parseEvent(record)).toMatchObject({
        ok: false,
        problem: expect.stringMatching(/unknown event type/),
      });
    }
    const wrongId = { ...event(2, 'run_started'), eventId: 'evnt_0000000003' };
    expect(parseEvent(wrongId)).toEqual({
      ok: false,
      problem: 'eventId: expected evnt_0000000002, got evnt_0000000003',
    });
  });

  test('what is in a record beyond its type is dropped, prototypes stay clean', () => {
    const record = JSON.parse(
      '{"runId":"run_1","eventId":"evnt_0000000001","version":1,"eventType":"run_started","createdAt":1,"eventData":{"__proto__":{"polluted":1},"more":1}}',
    );
    expect(parseEvent(record)).toMatchObject({ ok: true, value: { eventData: {} } });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(copyEvent(record as Event).eventData).toStrictEqual({});
  });
});

describe('what comes from outside', () => {
  test('only some types may be sent, each with a key', () => {
    for (const type of sampleTypes) {
      const { eventType, correlationId, eventData } = event(2, type);
      const sent = { eventType, correlationId, eventData, key: 'key_1' };
      expect(parseSentEvent(sent).ok, type).toBe((sendableTypes as readonly string[]).includes(type));
      expect(parseSentEvent({ ...sent, key: undefined }).ok).toBe(false);
    }
  });

  test('ids and hashes are safe as file names', () => {
    for (const good of ['a', 'wrun_01ABC', '__proto__', '-', 'x'.repeat(128)]) expect(isId(good)).toBe(true);
    for (const bad of ['', 'a b', 'a/b', '..', 'é', 'a\n', 'x'.repeat(129), 7, null])
      expect(isId(bad)).toBe(false);
    expect(['0a', 'f'.repeat(128)].every(isProgramHash)).toBe(true);
    expect(['', 'G', 'A', 'a.', 'f'.repeat(129), 7].some(isProgramHash)).toBe(false);
  });
});

describe('copies', () => {
  test('a copy equals its original and shares nothing that can change', () => {
    for (const type of sampleTypes) {
      const original = event(2, type, { key: 'key_1' });
      const copy = copyEvent(original);
      expect(copy).toStrictEqual(original);
      for (const value of Object.values(copy.eventData)) {
        if (typeof value === 'object') expect(Object.values(original.eventData)).not.toContain(value);
      }
    }
  });

  test('a Buffer is copied, and comes out as plain bytes', () => {
    const bytes = Buffer.from([1, 2, 3]);
    const copy = copyEvent(event(2, 'step_completed', { eventData: { output: bytes } }));
    bytes.fill(9);
    expect(copy.eventData).toStrictEqual({ output: new Uint8Array([1, 2, 3]) });
  });

  test('undefined fields are left out, as a file leaves them out', () => {
    const loose = { ...event(2, 'run_cancelled', { eventData: { reason: undefined } }), key: undefined };
    expect(Object.keys(copyEvent(loose).eventData)).toEqual([]);
    expect(Object.keys(copyEvent(loose))).not.toContain('key');
  });
});

test('event ids sort like versions', () => {
  const versions = [1, 2, 9, 10, 99, 100, 123_456_789];
  const ids = versions.map(eventIdOf);
  expect([...ids].sort()).toEqual(ids);
});

test('three types end a run', () => {
  expect(sampleTypes.filter(isTerminal)).toEqual(['run_completed', 'run_failed', 'run_cancelled']);
});
