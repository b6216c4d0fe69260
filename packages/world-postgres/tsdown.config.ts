import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: ['src/index.ts'],
  platform: 'node',
  dts: true,
  // Shared chunks keep their names from release to release: they are in stack traces and in programs' source maps.
  hash: false,
});
