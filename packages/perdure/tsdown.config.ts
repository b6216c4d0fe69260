import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/api.ts',
    'src/errors.ts',
    'src/runtime.ts',
    'src/register.ts',
    'src/vite.ts',
    'src/rollup.ts',
    'src/rolldown.ts',
    'src/esbuild.ts',
    'src/webpack.ts',
    'src/rspack.ts',
    'src/farm.ts',
    'src/serde.ts',
    'src/node.ts',
    'src/observability.ts',
    'src/bin.ts',
  ],
  platform: 'node',
  dts: true,
  // Shared chunks keep their names from release to release: they are in stack traces and in programs' source maps.
  hash: false,
});
