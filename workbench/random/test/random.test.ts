/** Random programs, on every world, resident and dropped, with and without crashes. `pnpm random` plays more of them. */

import { testServer } from '@workbench/postgres/test-server.ts';
import { describe, expect, it } from 'vitest';
import { type CampaignOptions, campaign, settingsOn } from '../src/campaign.ts';
import { sketchOf } from '../src/generate.ts';
import { worldNames } from '../src/ground.ts';
import { isFixed } from '../src/same-stream.ts';

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

const embedded = settingsOn('memory', 'local');
const everywhere = settingsOn(...worldNames);
const postgres = async (): Promise<string> => (await testServer()).url;

async function failuresOf(
  seeds: number[],
  {
    settings = embedded,
    play = 'in turn',
    together,
  }: Partial<CampaignOptions> & Pick<CampaignOptions, 'together'>,
): Promise<unknown[]> {
  const options = { settings, together, stride: 1, stuckMs: 5_000, play, postgres };
  const { failures, figures } = await campaign(seeds, options);
  expect(figures.prefixes).toBeGreaterThan(300);
  expect(figures.crashes).toBeGreaterThan(0);
  return failures.map(({ sketch, setting, problems }) => ({ sketch: sketch.name, setting, problems }));
}

describe('random programs', () => {
  it('answer what they may, record what they ask for, and replay from every prefix', async () => {
    expect(await failuresOf(range(1, 48), { together: 6 })).toEqual([]);
  }, 120_000);

  it('do so on Postgres, too, where two processes share them', async () => {
    const settings = settingsOn('postgres');
    expect(await failuresOf(range(2_000, 20), { settings, together: 5 })).toEqual([]);
  }, 120_000);

  it('ask for the same things on every world, resident and dropped, through crashes', async () => {
    const seeds = range(1_000, 120).filter((seed) => isFixed(sketchOf(seed)));
    expect(seeds.length).toBeGreaterThan(8);
    expect(await failuresOf(seeds.slice(0, 8), { settings: everywhere, play: 'each', together: 8 })).toEqual(
      [],
    );
  }, 120_000);
});
