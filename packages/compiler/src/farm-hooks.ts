import type { UnpluginOptions } from 'unplugin';
import { mentionsSite } from './mentions.ts';
import { RESOLVED_PROGRAM, VIRTUAL_PROGRAM } from './virtual-program.ts';

export interface FarmSession {
  configure: (root: string) => void;
  /** Fills the program into a chunk that waits for it. */
  renderChunk: (chunk: string) => Promise<{ code: string; map: { toString(): string } } | null>;
}

const NAME = 'perdure';

/** What Farm needs beside what all bundlers have in common. */
export function farmHooks({ configure, renderChunk }: FarmSession): UnpluginOptions['farm'] {
  return {
    // A chunk from its cache would hold the program of an earlier build.
    config: (config) => ({ ...config, compilation: { ...config.compilation, persistentCache: false } }),
    configResolved: ({ root }) => configure(root ?? process.cwd()),
    resolve: {
      filters: { sources: ['.*'], importers: ['.*'] },
      async executor(request, context, hook) {
        const module = { query: [], sideEffects: true, external: false, meta: {} };
        // Farm spells the null character of other bundlers out.
        const resolvedPath = RESOLVED_PROGRAM.replace('\0', '\\0');
        if (request.source === VIRTUAL_PROGRAM) return { ...module, resolvedPath };
        // Farm strings the names of those who ask together.
        if (hook?.caller?.includes(NAME) || !context) return null;
        const found = await context.resolve(request, { meta: {}, caller: NAME }).catch(() => null);
        // Registering is a side effect, whatever the package.json of the app says.
        return found && mentionsSite(found.resolvedPath) ? { ...found, sideEffects: true } : null;
      },
    },
    renderResourcePot: {
      filters: { resourcePotTypes: ['js'], moduleIds: [] },
      async executor({ content }) {
        const filled = await renderChunk(content);
        return filled && { content: filled.code, sourceMap: filled.map.toString() };
      },
    },
  };
}
