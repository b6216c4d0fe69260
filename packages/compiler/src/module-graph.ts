/**
 * How webpack and Rspack get the program: once every module is known, the program's module is built again.
 *
 * That is before anything is hashed, split or printed, so hashes in file names, `eval` source maps and minifiers see an
 * ordinary module. Which files there are is read off the module graph, not gathered in transforms: those do not
 * run for modules that come from a cache.
 */
import { mentionsSite } from './mentions.ts';
import type { Program } from './program.ts';
import { VIRTUAL_PROGRAM } from './virtual-program.ts';

interface GraphModule {
  readonly resource?: string;
  originalSource(): { source(): string | Buffer } | null;
}

interface Compilation {
  readonly modules: Iterable<object>;
  readonly errors: unknown[];
  readonly fileDependencies: { add(file: string): void };
  readonly hooks: {
    readonly finishModules: { tapPromise(name: string, finish: () => Promise<void>): void };
  };
  rebuildModule(module: object, done: (error?: Error | null) => void): void;
}

/** The part of a webpack or Rspack compiler that is used here. */
export interface GraphCompiler {
  readonly options: { readonly module: { readonly rules: unknown[] } };
  readonly hooks: { readonly compilation: { tap(name: string, tapped: (made: Compilation) => void): void } };
}

export interface GraphProgram {
  /** Gives the program of the directive files among these; what its module loads from then on. */
  build(files: string[]): Promise<Program>;
}

const NAME = 'perdure';
/** How the file ends that stands for the program's module. */
const SLOT = encodeURIComponent(VIRTUAL_PROGRAM);
/** In every compiled directive file, whatever loaders ran after ours. */
const COMPILED = 'perdure.registry';

export function embedProgram(compiler: GraphCompiler, program: GraphProgram): void {
  // Registering is a side effect, whatever the package.json of the app says.
  compiler.options.module.rules.unshift({ test: mentionsSite, sideEffects: true });
  compiler.hooks.compilation.tap(NAME, (compilation: Compilation) => {
    compilation.hooks.finishModules.tapPromise(NAME, async () => await finish(compilation, program));
  });
}

async function finish(compilation: Compilation, { build }: GraphProgram): Promise<void> {
  const modules = [...compilation.modules] as GraphModule[];
  const slot = modules.find((module) => module.resource?.endsWith(SLOT));
  if (!slot) return;
  try {
    const program = await build(modules.flatMap((module) => (isCompiled(module) ? [fileOf(module)] : [])));
    for (const file of program.files) compilation.fileDependencies.add(file);
    if (!textOf(slot).includes(program.hash)) await rebuild(compilation, slot);
  } catch (error) {
    compilation.errors.push(error);
  }
}

function rebuild(compilation: Compilation, module: GraphModule): Promise<void> {
  return new Promise((resolve, reject) => {
    compilation.rebuildModule(module, (error) => (error ? reject(error) : resolve()));
  });
}

function isCompiled(module: GraphModule): boolean {
  const file = fileOf(module);
  return textOf(module).includes(COMPILED) && mentionsSite(file);
}

function fileOf({ resource = '' }: GraphModule): string {
  return resource.replace(/\?.*$/, '');
}

function textOf(module: GraphModule): string {
  return module.originalSource?.()?.source().toString() ?? '';
}
