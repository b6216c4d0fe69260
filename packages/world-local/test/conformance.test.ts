import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { worldConformance } from '@perdure/world/conformance';
import { describe, it } from 'vitest';
import { createLocalWorld } from '../src/index.ts';

for (const durability of ['process', 'power'] as const) {
  worldConformance(
    { describe, it },
    {
      name: `local (${durability})`,
      make({ clock }) {
        const dataDir = mkdtempSync(join(tmpdir(), 'perdure-local-'));
        let world = createLocalWorld({ dataDir, clock, durability });
        const reopen = async () => {
          await world.close();
          world = createLocalWorld({ dataDir, clock, durability });
          return world;
        };
        return { world, reopen, dispose: async () => rmSync(dataDir, { recursive: true, force: true }) };
      },
    },
  );
}
