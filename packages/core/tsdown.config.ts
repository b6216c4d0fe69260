import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/errors.ts',
    'src/serde.ts',
    'src/guest/entry.ts',
    'src/guest/api.ts',
    'src/guest/driving.ts',
    // What a context evaluates at its first use only: modules of their own, which the compiler finds.
    'src/guest/console.ts',
    'src/guest/web/index.ts',
  ],
  platform: 'node',
  dts: true,
  // Shared chunks keep their names from release to release: they are in stack traces and in programs' source maps.
  hash: false,
});
