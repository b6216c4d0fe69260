import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: ['src/index.ts', 'src/live/index.ts', 'src/conformance/index.ts'],
  platform: 'node',
  dts: true,
});
