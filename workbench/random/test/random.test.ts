/** Random programs, on both worlds, resident and dropped, with and without crashes. `pnpm random` plays more of them. */
import { describe, expect, it } from 'vitest';
import { allSettings, type CampaignOptions, campaign } from '../src/campaign.ts';
import { sketchOf } from '../src/generate.ts';
import { isFixed } from '../src/same-stream.ts';

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

async function failuresOf(
  seeds: number[],
  play: CampaignOptions['play'],
  together: number,
): Promise<unknown[]> {
  const options = { settings: allSettings, together, stride: 1, stuckMs: 5_000, play };
  const { failures, figures } = await campaign(seeds, options);
  expect(figures.prefixes).toBeGreaterThan(300);
  expect(figures.crashes).toBeGreaterThan(0);
  return failures.map(({ sketch, setting, problems }) => ({ sketch: sketch.name, setting, problems }));
}

describe('random programs', () => {
  it('answer what they may, record what they ask for, and replay from every prefix', async () => {
    expect(await failuresOf(range(1, 48), 'in turn', 6)).toEqual([]);
  }, 120_000);

  it('ask for the same things on every world, resident and dropped, through crashes', async () => {
    const seeds = range(1_000, 120).filter((seed) => isFixed(sketchOf(seed)));
    expect(seeds.length).toBeGreaterThan(8);
    expect(await failuresOf(seeds.slice(0, 8), 'each', 8)).toEqual([]);
  }, 120_000);
});
