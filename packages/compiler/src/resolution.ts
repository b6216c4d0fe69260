import type { RolldownOptions } from 'rolldown';

/** How imports resolve in what runs inside the sandbox: TypeScript, and packages in their variant for workflows. */
export const resolution: NonNullable<RolldownOptions['resolve']> = {
  conditionNames: ['workflow', 'import', 'module', 'default'],
  mainFields: ['module', 'main'],
  extensions: ['.ts', '.tsx', '.mts', '.mjs', '.js', '.jsx', '.cts', '.cjs', '.json'],
  extensionAlias: {
    '.js': ['.ts', '.tsx', '.js'],
    '.mjs': ['.mts', '.mjs'],
    '.cjs': ['.cts', '.cjs'],
  },
};
