/** Builds a program from workflow code that is written against the guest directly. */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { hashOf, type ProgramSource } from '../src/index.ts';

const guest = (file: string): string => fileURLToPath(new URL(`../src/guest/${file}`, import.meta.url));

/** `source` may import `perdure:guest` and `perdure`; it registers its workflows itself. */
export async function buildProgram(source: string): Promise<ProgramSource> {
  const bundle = await rolldown({
    input: 'entry',
    platform: 'neutral',
    plugins: [
      {
        name: 'test-program',
        resolveId(id: string) {
          if (id === 'entry') return '\0entry';
          if (id === 'perdure:guest') return guest('entry.ts');
          if (id === 'perdure') return guest('api.ts');
          if (id === 'perdure/api') return guest('driving.ts');
          return undefined;
        },
        load(id: string) {
          return id === '\0entry' ? source : undefined;
        },
      },
    ],
    resolve: { mainFields: ['module', 'main'], conditionNames: ['import', 'default'] },
  });
  const { output } = await bundle.generate({ format: 'iife', sourcemap: false });
  await bundle.close();
  const code = `"use strict";\n${output[0].code}`;
  return { code, hash: hashOf(code) };
}
