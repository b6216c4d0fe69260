import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: ['src/index.ts', 'src/errors.ts', 'src/guest/entry.ts', 'src/guest/api.ts', 'src/guest/driving.ts'],
  platform: 'node',
  dts: true,
});
