/** The benchmark as an app is deployed: bundled with its program, no compiler in the process. */
import { mkdtempSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import perdure from 'perdure/rolldown';
import { build } from 'rolldown';

export interface ProductionBuild {
  readonly directory: string;
  readonly script: string;
}

/** Builds `measure.ts` and everything it uses into a directory of its own. */
export async function buildForProduction(): Promise<ProductionBuild> {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-bench-build-'));
  const root = fileURLToPath(new URL('..', import.meta.url));
  await build({
    cwd: root,
    input: join(root, 'src/measure.ts'),
    platform: 'node',
    // `pg` asks for its native half only when told to.
    external: [...builtinModules, /^node:/, 'pg-native', /^cloudflare:/],
    plugins: [perdure({ root })],
    output: {
      dir: directory,
      format: 'esm',
      entryFileNames: 'measure.mjs',
      chunkFileNames: '[name]-[hash].mjs',
    },
    logLevel: 'warn',
  });
  return { directory, script: join(directory, 'measure.mjs') };
}
