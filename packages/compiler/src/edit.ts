import type MagicString from 'magic-string';
import type { Node } from 'oxc-parser';
import { directiveText } from './directives.ts';
import type { ModuleSites, Site } from './sites.ts';

/** A literal that is safe inside a script: JSON, with the two line separators escaped. */
export function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** The last part of a site's name, which is what the function itself is called. */
export function ownName(site: Site): string {
  return site.name.split(/[/.]/).pop() ?? site.name;
}

/** Overwrites directives with spaces: positions stay, and compiled output is not compiled a second time. */
export function blankDirectives(edits: MagicString, { sites, fileDirectives }: ModuleSites): void {
  const statements = [...fileDirectives, ...sites.flatMap((site) => site.directives)];
  for (const { start, end } of statements) edits.overwrite(start, end, ' '.repeat(end - start));
}

/** The offset at which a module's first statement begins, after the directives at its top. */
export function moduleStart({ program }: { program: { body: readonly Node[]; start: number } }): number {
  const first = program.body.find((node) => directiveText(node) === undefined);
  return first?.start ?? program.start;
}

/** The offset inside a block before its first statement, after its directives. */
export function blockStart(block: { start: number; body: readonly Node[] }): number {
  const directives = block.body.filter((node) => directiveText(node) !== undefined);
  return directives.at(-1)?.end ?? block.start + 1;
}

/** The key of a property or method as it is written, with its brackets when computed. */
export function keyText(source: string, { key, computed }: { key: Node; computed: boolean }): string {
  const text = source.slice(key.start, key.end);
  return computed ? `[${text}]` : text;
}

/** The text that reads a class member of `object`. */
export function memberText(
  object: string,
  source: string,
  { key, computed }: { key: Node; computed: boolean },
): string {
  const text = source.slice(key.start, key.end);
  return computed || key.type === 'Literal' ? `${object}[${text}]` : `${object}.${text}`;
}

/** True for names that may stand after a dot or in a destructuring pattern. */
export function isIdentifierName(name: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(name);
}
