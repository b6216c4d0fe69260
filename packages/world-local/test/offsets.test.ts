import { expect, test } from 'vitest';
import { OFFSETS_PER_RUN_MAX } from '../src/limits.ts';
import { Offsets } from '../src/offsets.ts';

test('a read starts at or before the version it wants and never far from it, however long the run', () => {
  const offsets = new Offsets();
  const lineBytes = 10;
  const count = 200_000;
  for (let version = 1; version <= count; version += 1) offsets.add(version, (version - 1) * lineBytes);
  for (let version = 1; version <= count; version += 37) {
    const start = offsets.before(version) / lineBytes + 1;
    expect(start).toBeLessThanOrEqual(version);
    expect(version - start).toBeLessThanOrEqual((4 * count) / OFFSETS_PER_RUN_MAX);
    const end = offsets.after(version);
    if (end !== undefined) expect(end).toBeGreaterThanOrEqual(version * lineBytes);
  }
});
