import { fileURLToPath } from 'node:url';
import perdure from 'perdure/vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const limits = { testTimeout: 30_000, hookTimeout: 30_000, exclude: ['**/node_modules/**', '**/dist/**'] };

const config: ViteUserConfig = defineConfig({
  test: {
    globalSetup: fileURLToPath(new URL('workbench/postgres/src/vitest-setup.ts', import.meta.url)),
    projects: [
      {
        test: { ...limits, name: 'packages', include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'] },
      },
      {
        plugins: [perdure()],
        test: {
          ...limits,
          exclude: [...limits.exclude, 'workbench/e2e/**'],
          name: 'workbench',
          include: ['workbench/*/test/**/*.test.ts'],
        },
      },
      {
        // For every app the shared workflows are another package: seen from here, too, their ids are those of the apps.
        plugins: [perdure({ root: fileURLToPath(new URL('workbench/e2e', import.meta.url)) })],
        test: { ...limits, name: 'e2e', include: ['workbench/e2e/test/**/*.test.ts'] },
      },
    ],
  },
});

export default config;
