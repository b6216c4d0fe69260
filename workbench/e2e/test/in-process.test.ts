import { afterAll, describe, expect, it } from 'vitest';
import type { Case } from '../src/app.ts';
import { applies, type Way } from '../src/exceptions.ts';
import { openApp } from '../src/in-process.ts';
import { suites } from '../src/suites.ts';

/** Plays a case in an app of its own, and gives the histories it left. */
async function play(one: Case, world: string, residency: 'resident' | 'dropped'): Promise<unknown[][]> {
  const app = await openApp({ world, residency });
  try {
    await one.play(app);
    expect(app.problems.filter((problem) => !one.reports || !problem.includes(one.reports))).toEqual([]);
    return await app.histories();
  } finally {
    await app.close();
  }
}

/** Where the clock decides an order, the events are the same, and their order is not. */
function comparable(histories: unknown[][], order: Case['order']): unknown {
  if (order === 'contended') return histories.length;
  if (order !== 'timed') return histories;
  return histories.map((history) => {
    const events = history as { eventType: string; correlationId?: string }[];
    return events
      .map(({ eventType, correlationId }) => `${eventType} ${correlationId ?? ''}`)
      .filter(isLasting)
      .toSorted();
  });
}

const isLasting = (text: string): boolean => !text.startsWith('wait_');

const left = new Map<string, unknown>();
afterAll(() => left.clear());

describe.each(['memory', 'local', 'postgres'])('on %s', (world) => {
  describe.each(Object.entries(suites))('%s', (suite, cases) => {
    const played = (way: Way) =>
      cases.filter(({ name }) => applies(name, { suite, world, way })).map((one) => [one.name, one] as const);

    it.each(played('resident'))('%s', async (name, one) => {
      left.set(`${world} ${name}`, comparable(await play(one, world, 'resident'), one.order));
    });

    it.each(played('dropped'))('%s, dropped after every turn', async (name, one) => {
      const histories = comparable(await play(one, world, 'dropped'), one.order);
      expect(histories).toEqual(left.get(`${world} ${name}`));
    });
  });
});
