/** Random programs, on both worlds, resident and dropped, with and without crashes. `pnpm random` plays more of them. */
import { describe, expect, it } from 'vitest';
import { allSettings, campaign } from '../src/campaign.ts';

const seeds = { first: 1, count: 64 };

describe('the programs of the first seeds', () => {
  it('answer what they may, record what they ask for, and replay from every prefix', async () => {
    const { failures, figures } = await campaign(
      Array.from({ length: seeds.count }, (_, i) => seeds.first + i),
      {
        settings: allSettings,
        together: seeds.count / allSettings.length,
        stride: 1,
        stuckMs: 5_000,
        play: 'in turn',
      },
    );
    expect(
      failures.map(({ sketch, setting, problems }) => ({ sketch: sketch.name, setting, problems })),
    ).toEqual([]);
    expect(figures.sketches).toBe(seeds.count);
    expect(figures.prefixes).toBeGreaterThan(1_000);
    expect(figures.crashes).toBeGreaterThan(0);
  }, 120_000);
});
