import * as offers from '@workbench/workflows/offers.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Case } from '../src/app.ts';
import { applies, type Way } from '../src/exceptions.ts';
import { openStage, type Stage, type StageOptions } from '../src/in-process.ts';
import { suites } from '../src/suites.ts';

/** Plays a case, and gives the histories it left. */
async function play(one: Case, { app: open }: Stage): Promise<unknown[][]> {
  const app = open();
  await one.play(app);
  expect(app.problems.filter((problem) => !one.reports || !problem.includes(one.reports))).toEqual([]);
  return await app.histories();
}

async function playAlone(one: Case, options: StageOptions): Promise<unknown[][]> {
  const stage = await openStage(options);
  try {
    return await play(one, stage);
  } finally {
    await stage.close();
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

type Played = readonly (readonly [string, Case])[];

function played(suite: string, world: string, way: Way): Played {
  const names = suites[suite]!.filter(({ name }) => applies(name, { suite, world, way }));
  return names.map((one) => [one.name, one] as const);
}

describe.each(['memory', 'local', 'postgres'])('on %s', (world) => {
  describe.each(Object.keys(suites))('%s', (suite) => {
    it.each(played(suite, world, 'resident'))('%s', async (name, one) => {
      const histories = await playAlone(one, { world, way: 'resident' });
      left.set(`${world} ${name}`, comparable(histories, one.order));
    });

    it.each(played(suite, world, 'dropped'))('%s, dropped after every turn', async (name, one) => {
      const histories = await playAlone(one, { world, way: 'dropped' });
      expect(comparable(histories, one.order)).toEqual(left.get(`${world} ${name}`));
    });
  });
});

describe('on postgres, with three workers', () => {
  const world = 'postgres';
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ world, way: 'fleet' });
  });
  afterAll(() => stage.close());

  it('runs and offered steps go from worker to worker', async () => {
    const app = stage.app();
    const seen = { runs: 0, offered: 0 };
    while (seen.runs === 0 || seen.offered === 0) {
      const runs = await Promise.all([1, 2, 3].map(() => app.start(offers.restsBetween, [5])));
      for (const run of runs) {
        expect(await run.returnValue).toBe(30);
        const started = (await app.history(run.runId)).filter((event) => event.eventType === 'step_started');
        const workers = started.map(({ eventData }) => eventData.worker);
        const owners = workers.filter((_, i) => i % 2 === 0);
        seen.runs += new Set(owners).size - 1;
        seen.offered += owners.filter((owner, round) => workers[2 * round + 1] !== owner).length;
      }
    }
  });

  describe.each(Object.keys(suites))('%s', (suite) => {
    it.each(played(suite, world, 'fleet'))('%s', async (name, one) => {
      const histories = await play(one, stage);
      expect(comparable(histories, one.order)).toEqual(left.get(`${world} ${name}`));
    });
  });
});
