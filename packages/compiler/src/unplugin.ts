import { existsSync, realpathSync } from 'node:fs';
import { createUnplugin, type UnpluginInstance, type UnpluginOptions } from 'unplugin';
import { transformHost } from './host.ts';
import { isUnder } from './identity.ts';
import { SITE_TEXT } from './parse.ts';
import { buildProgram, type GuestOptions, type Program } from './program.ts';
import {
  developmentModule,
  fillPlaceholder,
  hasPlaceholder,
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
export const perdure: UnpluginInstance<PluginOptions, false> = createUnplugin((options: PluginOptions) => {
  const session = new Session(options);
  const renderChunk = async (chunk: string) =>
    hasPlaceholder(chunk) ? fillPlaceholder(chunk, await session.program()) : null;
  const plugin: UnpluginOptions = {
    name: 'perdure',
    enforce: 'pre',
    resolveId(id) {
      return id === VIRTUAL_PROGRAM ? RESOLVED_PROGRAM : null;
    },
    load: {
      filter: { id: /virtual:perdure\/program$/ },
      handler(id) {
        if (id !== RESOLVED_PROGRAM) return null;
        return session.serving ? developmentModule(session.root, options.guest) : programPlaceholder();
      },
    },
    transform: {
      filter: { id: SOURCE, code: SITE_TEXT },
      handler: (code, id) => session.transform(code, id),
    },
    watchChange: (id) => session.changed(id),
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
});

/** False for virtual modules, and for files asked for as something else, such as `?raw`. */
function isModuleRequest(id: string): boolean {
  const query = /\?(.*)$/.exec(id)?.[1];
  return !id.startsWith('\0') && (query === undefined || /^(t|v|import)\b/.test(query));
}

/** What one run of a bundler has seen: the directive files, and the program built from them. */
class Session {
  serving = false;
  readonly #options: PluginOptions;
  readonly #files = new Set<string>();
  root: string;
  #program: Promise<Program> | undefined;
  #programFiles: ReadonlySet<string> = new Set();

  constructor(options: PluginOptions) {
    this.#options = options;
    this.root = realpathSync(options.root ?? process.cwd());
  }

  configure({ root, serving }: { root: string; serving: boolean }): void {
    this.serving = serving;
    if (!this.#options.root) this.root = realpathSync(root);
  }

  transform(code: string, id: string): { code: string; map: string; moduleSideEffects: true } | null {
    const file = id.replace(/\?.*$/, '');
    const runtime = this.#options.guest.packages ?? [];
    if (!isModuleRequest(id) || runtime.some((dir) => isUnder(file, dir))) return null;
    const result = transformHost(code, {
      file,
      root: this.root,
      program: VIRTUAL_PROGRAM,
      registerFile: this.serving,
    });
    if (!result) return null;
    if (!this.#files.has(file)) {
      this.#files.add(file);
      this.#forget();
    }
    // Registering is a side effect, whatever the package.json of the app says.
    return { code: result.code, map: result.map.toString(), moduleSideEffects: true };
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
