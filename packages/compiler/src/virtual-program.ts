import { createRequire } from 'node:module';
import MagicString, { type SourceMap } from 'magic-string';
import { literal } from './edit.ts';
import type { GuestOptions, Program } from './program.ts';

/** What an app's runtime imports: exports `current()`, and in a build also the program's `code`, `hash` and `manifest`. */
export const VIRTUAL_PROGRAM = 'virtual:perdure/program';

/** The same where a name before a colon is a scheme. */
export const BARE_PROGRAM = 'virtual-perdure/program';

/** The module id that `VIRTUAL_PROGRAM` resolves to. */
export const RESOLVED_PROGRAM: string = `\0${VIRTUAL_PROGRAM}`;

/** Stands in a bundle for the program until all workflow files are known; a free name, so nothing rewrites it. */
const PLACEHOLDER = '__PERDURE_PROGRAM__';

/** The virtual module of a build, whose content follows when chunks are rendered. */
export function programPlaceholder(): string {
  return exporting(PLACEHOLDER);
}

/**
 * The virtual module in development: builds in the process that runs the app, from the files that it has loaded.
 *
 * A server that keeps transformed modules from an earlier run never tells the plugin which files there are, so the
 * registry is asked instead. The compiler is loaded by Node itself, past the server's module graph.
 */
export function developmentModule(root: string, guest: GuestOptions): string {
  const compiler = literal(createRequire(import.meta.url).resolve('@perdure/compiler/live'));
  return (
    `const { createRequire } = process.getBuiltinModule('node:module');\n` +
    `const { liveProgram } = createRequire(${compiler})(${compiler});\n` +
    `export const current = liveProgram(${literal(root)}, ${literal({ ...guest })});\n`
  );
}

/** The virtual module of a build where the program is known once it is asked for. */
export function programModule(program: Program): string {
  return exporting(programLiteral(program));
}

function exporting(value: string): string {
  return `const program = ${value};\nexport const code = program.code;\nexport const hash = program.hash;\nexport const manifest = program.manifest;\nexport const current = async () => program;\n`;
}

function programLiteral({ code, hash, manifest }: Program): string {
  return literal({ code, hash, manifest });
}

/** True for a chunk that waits for the program. */
export function hasPlaceholder(chunk: string): boolean {
  return chunk.includes(PLACEHOLDER);
}

/** Puts the program into a chunk. */
export function fillPlaceholder(chunk: string, program: Program): { code: string; map: SourceMap } {
  const edits = new MagicString(chunk);
  edits.replaceAll(PLACEHOLDER, () => programLiteral(program));
  return { code: edits.toString(), map: edits.generateMap({ hires: 'boundary' }) };
}
