/** Sketches that found bugs in the engine, made small, and played on. */
import { afterEach, describe, expect, it } from 'vitest';
import { HydrationCache } from '../../../packages/core/src/hydration-cache.ts';
import { type CampaignOptions, playSketches } from '../src/campaign.ts';
import type { Setting } from '../src/playing.ts';
import { renamed } from '../src/shrink.ts';
import type { Sketch, Statement, StepPlan } from '../src/sketch.ts';

const plan = (site: number): StepPlan => ({ site, failures: 0, how: 'error', retries: 0 });
const step = (site: number): Statement => ({ kind: 'step', step: plan(site), form: 'plain' });

/** The news of a child's end arrives while results of several steps are about to be written, which is then refused. */
const child: Statement = {
  kind: 'child',
  site: 3,
  how: 'await',
  child: { name: 'wc3', start: 0, body: [{ ...step(1), form: 'dropped' } as Statement] },
};
const refused: Sketch = {
  name: 'w',
  start: 1,
  body: [
    {
      kind: 'loop',
      site: 1,
      times: 4,
      exit: 1_000_003,
      body: [{ kind: 'overlap', first: plan(4), second: plan(5), between: [child] }],
    },
  ],
};

const setting: Setting = { world: 'memory', residency: 'resident', crashes: 0 };
const options: CampaignOptions = {
  settings: [setting],
  together: 6,
  stride: 8,
  stuckMs: 5_000,
  play: 'each',
};

/** Plays six of them at a time, with the times of some seeds, until one fails. */
async function failuresOf(sketch: Sketch, seedsMost: number): Promise<unknown[]> {
  const sketches = Array.from({ length: options.together }, (_, i) => renamed(sketch, `w${i}`));
  for (let seed = 1; seed <= seedsMost; seed += 1) {
    const { failures } = await playSketches(sketches, { ...options, seed });
    if (failures.length > 0) return failures.map(({ problems }) => problems);
  }
  return [];
}

describe('results that are refused together', () => {
  const { forget } = HydrationCache.prototype;
  afterEach(() => {
    HydrationCache.prototype.forget = forget;
  });

  it('are not remembered for the steps whose results are written at their versions', async () => {
    expect(await failuresOf(refused, 3)).toEqual([]);
  });

  it('would be, were they not forgotten', async () => {
    HydrationCache.prototype.forget = () => undefined;
    expect(await failuresOf(refused, 20)).not.toEqual([]);
  });
});
