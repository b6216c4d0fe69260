import { worldConformance } from '@perdure/world/conformance';
import { describe, it } from 'vitest';
import { createMemoryWorld } from '../src/index.ts';

worldConformance(
  { describe, it },
  { name: 'memory', make: ({ clock }) => ({ world: createMemoryWorld({ clock }) }) },
);
