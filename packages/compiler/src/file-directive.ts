import type { Node } from 'oxc-parser';
import { type Analysis, type FunctionNode, isFunction } from './analyze.ts';
import { type Diagnostic, exportNotAsync } from './diagnostics.ts';
import type { DirectiveHead, SiteKind } from './directives.ts';
import { type ParsedSource, unwrap } from './parse.ts';

/**
 * The functions that a directive at the top of a file marks: its exported async functions.
 *
 * Types may be exported freely; any other export is reported into `problems`.
 */
export function fileDirectiveSites(
  parsed: ParsedSource,
  analysis: Analysis,
  head: DirectiveHead,
  problems: Diagnostic[],
): Map<FunctionNode, SiteKind> {
  const marked = new Map<FunctionNode, SiteKind>();
  if (!head.kind) return marked;
  const { kind } = head;
  const locals = localValues(parsed.program.body);
  for (const { name, value, node } of exportsOf(parsed.program.body, locals)) {
    const target = value && unwrap(value);
    if (target && isFunction(target) && target.async && analysis.functions.some((fn) => fn.node === target)) {
      marked.set(target, kind);
    } else {
      problems.push(exportNotAsync(parsed.spot(node), name, `use ${kind}`));
    }
  }
  return marked;
}

interface ExportedValue {
  name: string;
  value: Node | undefined;
  node: Node;
}

function* exportsOf(body: readonly Node[], locals: Map<string, Node>): Generator<ExportedValue> {
  for (const node of body) {
    if (node.type === 'ExportAllDeclaration' && node.exportKind !== 'type') {
      yield { name: '*', value: undefined, node };
    } else if (node.type === 'ExportDefaultDeclaration') {
      const { declaration } = node;
      if (declaration.type.startsWith('TS') && !isFunction(unwrap(declaration))) continue;
      const named = declaration.type === 'Identifier' ? locals.get(declaration.name) : declaration;
      yield { name: 'default', value: named, node };
    } else if (node.type === 'ExportNamedDeclaration' && node.exportKind !== 'type') {
      yield* namedExports(node, locals);
    }
  }
}

function* namedExports(
  node: Extract<Node, { type: 'ExportNamedDeclaration' }>,
  locals: Map<string, Node>,
): Generator<ExportedValue> {
  for (const specifier of node.specifiers) {
    if (specifier.exportKind === 'type') continue;
    const { local } = specifier;
    const name = local.type === 'Literal' ? local.value : local.name;
    yield { name, value: node.source ? undefined : locals.get(name), node: specifier };
  }
  if (!node.declaration || node.declaration.type.startsWith('TS')) {
    if (node.declaration?.type === 'TSEnumDeclaration') {
      yield { name: node.declaration.id.name, value: undefined, node };
    }
    return;
  }
  for (const [name, value] of localValues([node.declaration])) yield { name, value, node: value };
}

/** The functions, classes and initial values that the statements bind to names. */
function localValues(body: readonly Node[]): Map<string, Node> {
  const values = new Map<string, Node>();
  for (const statement of body) {
    const node =
      statement.type === 'ExportNamedDeclaration' && statement.declaration
        ? statement.declaration
        : statement;
    if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') {
      if (node.id) values.set(node.id.name, node);
    } else if (node.type === 'VariableDeclaration') {
      for (const { id, init } of node.declarations) {
        if (id.type === 'Identifier') values.set(id.name, init ?? id);
        else values.set('{}', id);
      }
    }
  }
  return values;
}
