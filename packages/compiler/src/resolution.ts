import type { RolldownOptions } from 'rolldown';

/** How imports resolve in what runs inside the sandbox: TypeScript, and packages in their variant for workflows. */
export const resolution: NonNullable<RolldownOptions['resolve']> = {
  conditionNames: ['workflow', 'import', 'module', 'default'],
  mainFields: ['module', 'main'],
  extensions: ['.ts', '.tsx', '.mts', '.mjs', '.js', '.jsx', '.cts', '.cjs', '.json'],
  // As hosts do: what is there under its own name comes first, then the TypeScript that it would be made from.
  extensionAlias: {
    '.js': ['.js', '.ts', '.tsx'],
    '.mjs': ['.mjs', '.mts'],
    '.cjs': ['.cjs', '.cts'],
  },
};
