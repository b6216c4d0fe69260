import perdure from 'perdure/vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const limits = { testTimeout: 30_000, hookTimeout: 30_000, exclude: ['**/node_modules/**', '**/dist/**'] };

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: { ...limits, name: 'packages', include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'] },
      },
      {
        plugins: [perdure()],
        test: { ...limits, name: 'workbench', include: ['workbench/*/test/**/*.test.ts'] },
      },
    ],
  },
});

export default config;
