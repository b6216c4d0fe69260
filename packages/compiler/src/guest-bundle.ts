import { deflateRawSync } from 'node:zlib';
import { type Plugin, rolldown } from 'rolldown';
import { bundleFailures } from './bundle-failures.ts';
import { CompileError } from './diagnostics.ts';
import { literal } from './edit.ts';
import { lazyParts } from './guest-parts.ts';
import { resolution } from './resolution.ts';

/** Where the code comes from that runs programs, as seen from inside one. */
export interface GuestOptions {
  /** Absolute path of the guest runtime's module. */
  entry: string;
  /** Specifiers that mean something else inside a program, with the absolute file they mean. */
  aliases: Record<string, string>;
  /** Absolute paths of modules of the runtime that a context evaluates at their first use; their exports are functions. */
  parts?: string[];
  /** Absolute folders whose modules belong to the runtime: they are not compiled. */
  packages?: string[];
}

/** The guest runtime as one script, which is the same in every program. */
export interface GuestBundle {
  /** Minified, but for the names of functions and classes, which people read; it makes `__perdure_use`. */
  code: string;
  /** `code` as a program holds it: deflated, in base64. */
  packed: string;
  /** What the module at an absolute path gives to a program's own modules: the text of an ES module. */
  modules: Map<string, string>;
}

const ENTRY = '\0perdure:guest-bundle';
const bundles = new Map<string, Promise<GuestBundle>>();

/** The bundle of a guest runtime, made once per process: it does not change while an app is developed. */
export function guestBundle(guest: GuestOptions): Promise<GuestBundle> {
  const files = [...new Set([guest.entry, ...Object.values(guest.aliases)])];
  const { parts = [] } = guest;
  const key = JSON.stringify([files, parts]);
  const made = bundles.get(key) ?? bundle(files, parts);
  bundles.set(key, made);
  made.catch(() => bundles.delete(key));
  return made;
}

async function bundle(files: string[], parts: string[]): Promise<GuestBundle> {
  const exported = new Map<string, string[]>();
  try {
    const texts = await lazyParts(files, parts);
    const build = await rolldown({
      input: ENTRY,
      platform: 'neutral',
      plugins: [guestPlugin(files, exported, texts)],
      resolve: resolution,
      transform: { target: 'es2024' },
      experimental: { attachDebugInfo: 'none' },
      onLog() {},
    });
    try {
      const { output } = await build.generate({
        format: 'iife',
        strict: true,
        codeSplitting: false,
        comments: false,
        exports: 'none',
        minify: { compress: { keepNames: { function: true, class: true } }, mangle: { keepNames: true } },
      });
      const { code } = output[0];
      const packed = deflateRawSync(code, { level: 9 }).toString('base64');
      const modules = files.map(
        (file, index) => [file, moduleText(index, exported.get(file) ?? [])] as const,
      );
      return { code, packed, modules: new Map(modules) };
    } finally {
      await build.close();
    }
  } catch (error) {
    throw new CompileError(bundleFailures(error));
  }
}

function guestPlugin(
  files: string[],
  exported: Map<string, string[]>,
  parts: ReadonlyMap<string, string>,
): Plugin {
  return {
    name: 'perdure-guest',
    resolveId: (id) => (id === ENTRY ? id : null),
    async load(id) {
      const code = parts.get(id);
      if (code !== undefined) return { code, moduleType: 'js' };
      if (id !== ENTRY) return null;
      for (const file of files) {
        await this.load({ id: file });
        exported.set(file, [...(this.getModuleInfo(file)?.exports ?? [])].sort());
      }
      return entryText(exported);
    },
    // What the guest does at load, such as installing globals, must stay whatever its package.json says.
    transform: () => ({ moduleSideEffects: true }),
  };
}

/** Switches, which cost a context nothing: namespaces and objects would be made, member by member, in every one. */
function entryText(exported: Map<string, string[]>): string {
  const imports: string[] = [];
  const modules: string[] = [];
  for (const [file, names] of exported) {
    const locals = names.map((name) => [name, `m${modules.length}_${name}`] as const);
    imports.push(`import { ${locals.map((pair) => pair.join(' as ')).join(', ')} } from ${literal(file)};`);
    const members = locals.map(([name, local]) => `case ${literal(name)}: return ${local};`);
    modules.push(`case ${modules.length}: switch (name) { ${members.join(' ')} } break;`);
  }
  return `${imports.join('\n')}
const use = (module, name) => { switch (module) { ${modules.join('\n')} } };
Object.defineProperty(globalThis, "__perdure_use", { value: use });`;
}

/** Every export is free to drop, so a program's own part mentions only what it uses. */
function moduleText(index: number, names: string[]): string {
  const value = (name: string) => `/*#__PURE__*/ __perdure_use(${index}, ${literal(name)})`;
  return names.map((name) => `export const ${name} = ${value(name)};`).join('\n');
}
