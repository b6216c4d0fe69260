import { expect, test } from 'vitest';
import { figuresOf } from '../src/figures.ts';
import { judge } from '../src/oracles.ts';
import { storm } from '../src/storm.ts';

test('runs on Postgres outlive kills and stops of three workers, and all that breaks between them and the server', {
  timeout: 240_000,
}, async () => {
  // A process that only gets too little of a busy machine keeps its claims.
  const beneath = { breaks: 50, stopEvery: 5, leaseMs: 5_000 };
  const evidence = await storm({
    world: 'postgres',
    seed: 11,
    kills: 10,
    runs: 12,
    stepsPerRun: 25,
    workers: 3,
    ...beneath,
  });
  expect(judge(evidence, 5)).toEqual([]);
  const figures = figuresOf(evidence);
  expect(figures).toMatchObject({ kills: 10, stops: 2, lostReplies: 20, restarts: 1 });
  expect(figures.cuts + figures.terminated).toBe(30);
  expect(figures.completed).toBe(figures.runs);
  expect(figures.recovered, 'runs that more than one process drove').toBeGreaterThan(0);
});
