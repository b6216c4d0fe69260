import { defineConfig } from 'tsdown';

export default defineConfig({
  // The thread is a file of its own: it is started by its address.
  entry: ['src/index.ts', 'src/lease-thread.ts'],
  platform: 'node',
  dts: true,
  // Shared chunks keep their names from release to release: they are in stack traces and in programs' source maps.
  hash: false,
});
