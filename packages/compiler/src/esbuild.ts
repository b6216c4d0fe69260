import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type {
  BuildFailure,
  Loader,
  OnLoadResult,
  OnResolveArgs,
  OnResolveResult,
  PartialMessage,
  Plugin,
  PluginBuild,
} from 'esbuild';
import { CompileError, type Diagnostic } from './diagnostics.ts';
import { transformHost } from './host.ts';
import { isUnder } from './identity.ts';
import { withInlineMap } from './inline-map.ts';
import { SITE_TEXT } from './parse.ts';
import { buildProgram } from './program.ts';
import type { PluginOptions } from './unplugin.ts';
import { programModule, VIRTUAL_PROGRAM } from './virtual-program.ts';

const NAME = 'perdure';
const SOURCE = /\.[cm]?[jt]sx?$/;
const PROGRAM = /^virtual:perdure\/program$/;

/**
 * The esbuild plugin.
 *
 * esbuild has no moment at which all modules are known and none is printed yet. So the program's module, when it is
 * asked for, follows the module graph in a build of its own, with the same options, to learn which files there are.
 */
export default function perdureEsbuild(options: PluginOptions): Plugin {
  return {
    name: NAME,
    setup(build) {
      const root = realpathSync(options.root ?? build.initialOptions.absWorkingDir ?? process.cwd());
      const app: App = { root, guest: options.guest };
      compileFiles(build, app, () => {});
      serveProgram(build, async () => {
        const entries = [...(await directiveFiles(build, app))];
        const program = await buildProgram({ ...app, entries });
        return { contents: programModule(program), watchFiles: program.files };
      });
    },
  };
}

type App = Required<PluginOptions>;

/** Compiles what esbuild loads; `found` hears of each file with workflows, steps or classes that cross. */
function compileFiles(build: PluginBuild, { root, guest }: App, found: (file: string) => void): void {
  const isRuntime = (file: string) => (guest.packages ?? []).some((dir) => isUnder(file, dir));
  build.onResolve({ filter: /.*/, namespace: 'file' }, async (args) => await keepEffects(build, args));
  build.onLoad({ filter: SOURCE, namespace: 'file' }, async ({ path: file, suffix }) => {
    if (suffix !== '' || isRuntime(file)) return undefined;
    return await reporting(async () => {
      const source = await readFile(file, 'utf8');
      const result = transformHost(source, { file, root, program: VIRTUAL_PROGRAM });
      if (!result) return undefined;
      found(file);
      const contents = withInlineMap(result.code, { ...result.map, sources: [basename(file)] });
      return { contents, loader: loaderOf(file) };
    });
  });
}

/** Registering is a side effect, whatever the package.json of the app says. */
async function keepEffects(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  if (args.pluginData === NAME || args.kind === 'entry-point' || PROGRAM.test(args.path)) return undefined;
  const { importer, namespace, resolveDir, kind } = args;
  const found = await build.resolve(args.path, {
    importer,
    namespace,
    resolveDir,
    kind,
    with: args.with,
    pluginData: NAME,
  });
  const dropped = found.errors.length === 0 && !found.external && !found.sideEffects;
  if (!dropped || found.namespace !== 'file' || !SOURCE.test(found.path)) return undefined;
  if (!SITE_TEXT.test(await readFile(found.path, 'utf8'))) return undefined;
  return { path: found.path, suffix: found.suffix, sideEffects: true };
}

function serveProgram(build: PluginBuild, load: () => Promise<OnLoadResult>): void {
  build.onResolve({ filter: PROGRAM }, ({ path }) => ({ path, namespace: NAME }));
  build.onLoad({ filter: PROGRAM, namespace: NAME }, async () => await reporting(load));
}

/** Follows the module graph of a build, with all its plugins, without writing anything. */
async function directiveFiles(build: PluginBuild, app: App): Promise<Set<string>> {
  const files = new Set<string>();
  const collector: Plugin = {
    name: NAME,
    setup(inner) {
      compileFiles(inner, app, (file) => files.add(file));
      serveProgram(inner, async () => ({ contents: '' }));
    },
  };
  const { plugins = [], ...options } = build.initialOptions;
  await build.esbuild.build({
    ...options,
    plugins: plugins.map((plugin) => (plugin.name === NAME ? collector : plugin)),
    write: false,
    metafile: false,
    sourcemap: false,
    logLevel: 'silent',
  });
  return files;
}

/** Hands what is wrong with the app's files to esbuild, which shows it with its place. */
async function reporting(work: () => Promise<OnLoadResult | undefined>): Promise<OnLoadResult | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CompileError) return { errors: error.diagnostics.map(message) };
    const { errors } = error as Partial<BuildFailure>;
    if (errors) return { errors };
    throw error;
  }
}

function message(diagnostic: Diagnostic): PartialMessage {
  const { code, loc, hint } = diagnostic;
  const location = loc && { file: loc.file, line: loc.line, column: loc.column - 1 };
  return { text: `[${code}] ${diagnostic.message}`, location, notes: [{ text: hint }] };
}

function loaderOf(file: string): Loader {
  const extension = extname(file).replace(/^\.[cm]?/, '');
  return extension === 'ts' || extension === 'tsx' ? extension : 'jsx';
}
