import { expect, test } from 'vitest';
import { figuresOf } from '../src/figures.ts';
import { judge } from '../src/oracles.ts';
import { storm } from '../src/storm.ts';

const kills = 20;

test(`runs on a data directory outlive ${kills} kills of their worker, one of them stopped past its lease`, {
  timeout: 180_000,
}, async () => {
  const evidence = await storm({ world: 'local', seed: 11, kills, runs: 4, stepsPerRun: 40, workers: 1 });
  expect(judge(evidence, 5)).toEqual([]);
  const figures = figuresOf(evidence);
  expect(figures.kills).toBe(kills);
  expect(figures.stops).toBeGreaterThan(0);
  expect(figures.completed).toBe(figures.runs);
  expect(figures.recovered, 'runs that more than one process drove').toBeGreaterThan(0);
});
