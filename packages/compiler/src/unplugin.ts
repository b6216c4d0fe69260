import { existsSync, realpathSync } from 'node:fs';
import type { SourceMap } from 'magic-string';
import { createUnplugin, type UnpluginInstance, type UnpluginOptions } from 'unplugin';
import { farmHooks } from './farm-hooks.ts';
import { followedProgram } from './followed-program.ts';
import { transformHost } from './host.ts';
import { isUnder } from './identity.ts';
import { embedProgram, type GraphProgram } from './module-graph.ts';
import { SITE_TEXT } from './parse.ts';
import { buildProgram, type GuestOptions, type Program } from './program.ts';
import {
  BARE_PROGRAM,
  developmentModule,
  fillPlaceholder,
  hasPlaceholder,
  programModule,
  programPlaceholder,
  RESOLVED_PROGRAM,
  VIRTUAL_PROGRAM,
} from './virtual-program.ts';

export interface PluginOptions {
  /** Absolute path of the app's root; default: the bundler's root, else the working directory. */
  root?: string;
  guest: GuestOptions;
}

const SOURCE = /\.[cm]?[jt]sx?(\?.*)?$/;

/**
 * The plugin for every bundler: compiles directive files and embeds the program in what is built.
 *
 * Workflow files import the program lazily themselves, so an app needs no further set-up.
 */
export const perdure: UnpluginInstance<PluginOptions, false> = createUnplugin(
  (options: PluginOptions, meta) => {
    const bundler = meta.framework;
    const specifier = bundler === 'webpack' || bundler === 'rspack' ? BARE_PROGRAM : VIRTUAL_PROGRAM;
    const session = new Session(options, specifier);
    const renderChunk = async (chunk: string) =>
      hasPlaceholder(chunk) ? fillPlaceholder(chunk, await session.program()) : null;
    const plugin: UnpluginOptions = {
      name: 'perdure',
      enforce: 'pre',
      resolveId(id) {
        return id === VIRTUAL_PROGRAM || id === BARE_PROGRAM ? RESOLVED_PROGRAM : null;
      },
      load: {
        filter: { id: /virtual:perdure\/program$/ },
        handler(id) {
          if (id !== RESOLVED_PROGRAM) return null;
          // Where its content depends on the whole module graph, no cache may keep it.
          const native = this.getNativeBuildContext?.();
          if (native && 'loaderContext' in native) native.loaderContext?.cacheable?.(false);
          return session.programModule();
        },
      },
      transform: {
        filter: { id: SOURCE, code: SITE_TEXT },
        handler: (code, id) => session.transform(code, id),
      },
      watchChange: (id) => session.changed(id),
      webpack: (compiler) => embedProgram(compiler, session.graphProgram(compiler.context)),
      rspack: (compiler) => embedProgram(compiler, session.graphProgram(compiler.context)),
      farm: farmHooks({ configure: (root) => session.configure({ root, serving: false }), renderChunk }),
      rollup: { renderChunk },
      rolldown: { renderChunk },
      vite: {
        configResolved(config) {
          session.configure({ root: config.root, serving: config.command === 'serve' });
        },
        renderChunk,
      },
    };
    return plugin;
  },
);

/** False for virtual modules, and for files asked for as something else, such as `?raw`. */
function isModuleRequest(id: string): boolean {
  const query = /\?(.*)$/.exec(id)?.[1];
  return !id.startsWith('\0') && (query === undefined || /^(t|v|import)\b/.test(query));
}

/** What one run of a bundler has seen: the directive files, and the program built from them. */
class Session {
  serving = false;
  readonly #options: PluginOptions;
  readonly #specifier: string;
  /** The program, where it is known before its module is loaded for the last time. */
  #known: Program | undefined;
  readonly #files = new Set<string>();
  root: string;
  #program: Promise<Program> | undefined;
  #programFiles: ReadonlySet<string> = new Set();

  constructor(options: PluginOptions, specifier: string) {
    this.#options = options;
    this.#specifier = specifier;
    this.root = realpathSync(options.root ?? process.cwd());
  }

  configure({ root, serving }: { root: string; serving: boolean }): void {
    this.serving = serving;
    if (!this.#options.root) this.root = realpathSync(root);
  }

  transform(code: string, id: string): { code: string; map: SourceMap; moduleSideEffects: true } | null {
    const file = id.replace(/\?.*$/, '');
    const runtime = this.#options.guest.packages ?? [];
    if (!isModuleRequest(id) || runtime.some((dir) => isUnder(file, dir))) return null;
    const result = transformHost(code, {
      file,
      root: this.root,
      program: this.#specifier,
      registerFile: this.serving,
    });
    if (!result) return null;
    if (!this.#files.has(file)) {
      this.#files.add(file);
      this.#forget();
    }
    // Registering is a side effect, whatever the package.json of the app says.
    return { code: result.code, map: result.map, moduleSideEffects: true };
  }

  /** What stands for the program's module. */
  programModule(): string {
    if (this.serving) return developmentModule(this.root, this.#options.guest);
    return this.#known ? programModule(this.#known) : programPlaceholder();
  }

  /** The program where a module graph tells which files there are. */
  graphProgram(root: string): GraphProgram {
    this.configure({ root, serving: false });
    let entries: string[] = [];
    const { guest } = this.#options;
    const program = followedProgram({ root: this.root, guest, entries: () => entries });
    return {
      build: async (files) => {
        entries = files;
        this.#known = await program();
        return this.#known;
      },
    };
  }

  /** The program of all directive files seen so far. */
  async program(): Promise<Program> {
    this.#program ??= this.#build();
    return await this.#program;
  }

  async #build(): Promise<Program> {
    const entries = [...this.#files].filter((file) => existsSync(file));
    try {
      const program = await buildProgram({ root: this.root, entries, guest: this.#options.guest });
      this.#programFiles = new Set(program.files);
      return program;
    } catch (error) {
      this.#program = undefined;
      throw error;
    }
  }

  /** Notes that a file was edited, created or deleted. */
  changed(file: string): void {
    if (this.#files.has(file) || this.#programFiles.has(file)) this.#forget();
  }

  #forget(): void {
    this.#program = undefined;
  }
}
