import type { Directive, Node, Statement } from 'oxc-parser';
import { CompileError, directiveMisspelled, directivesConflict } from './diagnostics.ts';
import type { ParsedSource } from './parse.ts';

/** What a directive makes of a function. */
export type SiteKind = 'workflow' | 'step';

const DIRECTIVES: Record<string, SiteKind> = { 'use workflow': 'workflow', 'use step': 'step' };

/** Directives of the platform and of other tools, which are no misspellings of ours. */
const FOREIGN = new Set(['use strict', 'use client', 'use server', 'use cache', 'use memo', 'use asm']);

/** The directives found at the head of a body: which kind they make it, and the statements themselves. */
export interface DirectiveHead {
  kind: SiteKind | undefined;
  statements: Statement[];
}

/**
 * Reads the directive prologue of a function body or a file.
 *
 * @throws CompileError for both directives in one prologue and for a near miss such as "use workfow"
 */
export function readDirectives(
  body: readonly (Directive | Statement)[],
  parsed: ParsedSource,
  name: string,
): DirectiveHead {
  const head: DirectiveHead = { kind: undefined, statements: [] };
  for (const statement of body) {
    const text = directiveText(statement);
    if (text === undefined) break;
    const kind = DIRECTIVES[text];
    if (kind === undefined) {
      const meant = meantDirective(text);
      if (meant) throw new CompileError([directiveMisspelled(parsed.spot(statement), text, meant)]);
      continue;
    }
    if (head.kind && head.kind !== kind) {
      throw new CompileError([directivesConflict(parsed.spot(statement), name)]);
    }
    head.kind = kind;
    head.statements.push(statement);
  }
  return head;
}

/** The text of a directive statement, or undefined for any other statement. */
export function directiveText(node: Node): string | undefined {
  if (node.type !== 'ExpressionStatement' || !('directive' in node)) return undefined;
  return typeof node.directive === 'string' ? node.directive : undefined;
}

/** The directive that a plain string statement spells, for a directive which is not where it must be. */
export function misplacedText(node: Node): string | undefined {
  if (node.type !== 'ExpressionStatement' || directiveText(node) !== undefined) return undefined;
  const { expression } = node;
  if (expression.type !== 'Literal' || typeof expression.value !== 'string') return undefined;
  return expression.value in DIRECTIVES ? expression.value : undefined;
}

function meantDirective(text: string): string | undefined {
  if (!/^use /i.test(text) || FOREIGN.has(text)) return undefined;
  return Object.keys(DIRECTIVES).find((directive) => {
    const allowed = directive === 'use step' ? 2 : 3;
    return editDistance(text.toLowerCase(), directive) <= allowed;
  });
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    for (let j = 1; j <= right.length; j++) {
      const swap = (previous[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      current.push(Math.min(swap, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
