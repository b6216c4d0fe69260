import { defineConfig, type UserConfig } from 'tsdown';

const config: UserConfig = defineConfig({
  entry: ['src/index.ts', 'src/node-hooks.ts', 'src/live-program.ts', 'src/vite.ts', 'src/rolldown.ts'],
  dts: true,
});

export default config;
