import { type Node, type ParseResult, type Program, parseSync } from 'oxc-parser';
import { locate } from './code-frame.ts';
import { CompileError, parseFailed, type Spot } from './diagnostics.ts';

/** The text scan that narrows the files; whether a directive or a class that crosses is there is decided by syntax. */
export const SITE_TEXT: RegExp = /["']use (workflow|step)["']|WORKFLOW_SERIALIZE|workflow-serialize/;

/** A source with its syntax tree and a way to point into it. */
export interface ParsedSource {
  source: string;
  /** What diagnostics call the file. */
  file: string;
  program: Program;
  spot: (node: { start: number }) => Spot;
}

/**
 * Parses one module.
 *
 * @throws CompileError with code PARSE_FAILED and the position of the first syntax error
 */
export function parseSource(source: string, file: string): ParsedSource {
  const result: ParseResult = parseSync(file, source, { lang: language(file), sourceType: sourceType(file) });
  const spot = (node: { start: number }): Spot => ({ source, loc: locate(source, file, node.start) });
  const error = result.errors.find((entry) => entry.severity === 'Error');
  if (error) {
    throw new CompileError([parseFailed(spot({ start: error.labels[0]?.start ?? 0 }), error.message)]);
  }
  return { source, file, program: result.program, spot };
}

function language(file: string): 'js' | 'jsx' | 'ts' | 'tsx' {
  if (/\.tsx$/.test(file)) return 'tsx';
  if (/\.[cm]?ts$/.test(file)) return 'ts';
  return 'jsx';
}

function sourceType(file: string): 'module' | 'commonjs' {
  return /\.c[jt]s$/.test(file) ? 'commonjs' : 'module';
}

/** Takes parentheses and TypeScript's type-only wrappers off an expression. */
export function unwrap(node: Node): Node {
  let inner = node;
  while (isWrapper(inner)) inner = inner.expression;
  return inner;
}

type Wrapper = Extract<
  Node,
  {
    type:
      | 'ParenthesizedExpression'
      | 'TSAsExpression'
      | 'TSSatisfiesExpression'
      | 'TSNonNullExpression'
      | 'TSTypeAssertion'
      | 'TSInstantiationExpression';
  }
>;

/** True for parentheses, `as`, `satisfies`, `!` and the like. */
export function isWrapper(node: Node): node is Wrapper {
  switch (node.type) {
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
      return true;
    default:
      return false;
  }
}
