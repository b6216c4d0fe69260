import type { CallExpression } from 'oxc-parser';
import { walk } from 'oxc-walker';
import type { Analysis } from './analyze.ts';
import { rootOf } from './effects.ts';
import type { ParsedSource } from './parse.ts';

/** The text scan for modules that may define hooks. */
export const HOOK_TEXT: RegExp = /\bdefineHook\b/;

/** A part of a source that the program leaves out. */
export interface Dropped {
  start: number;
  end: number;
}

/**
 * The arguments of `defineHook(...)` calls.
 *
 * Payloads are checked where they are sent, on the host: without the arguments, no schema library is part of the
 * program.
 */
export function hookArguments({ source, program }: ParsedSource, { references }: Analysis): Dropped[] {
  if (!HOOK_TEXT.test(source)) return [];
  const found: Dropped[] = [];
  const imports = new Map(references.map((use) => [use.start, use.imported]));
  const isDefineHook = (call: CallExpression): boolean => {
    const { callee } = call;
    const bound = imports.get(rootOf(callee)?.start ?? -1);
    if (bound?.module !== 'perdure' && bound?.module !== 'workflow') return false;
    if (callee.type === 'Identifier') return bound.member === 'defineHook';
    const property = callee.type === 'MemberExpression' && bound.member === '*' ? callee.property : undefined;
    return property !== undefined && 'name' in property && property.name === 'defineHook';
  };
  walk(program, {
    enter(node) {
      if (node.type !== 'CallExpression' || !isDefineHook(node)) return;
      const [first] = node.arguments;
      if (first) found.push({ start: first.start, end: node.end - 1 });
    },
  });
  return found;
}
