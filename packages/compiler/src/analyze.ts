import type { ArrowFunctionExpression, Function as FunctionLike, Node } from 'oxc-parser';
import { isReferenceIdentifier, ScopeTracker, walk } from 'oxc-walker';
import { misplacedText } from './directives.ts';
import type { ParsedSource } from './parse.ts';

/** Any function that has a body: declaration, expression, method or arrow. */
export type FunctionNode = FunctionLike | ArrowFunctionExpression;

/** A use of a name, and where the name was declared. */
export interface Reference {
  name: string;
  start: number;
  end: number;
  scope: 'global' | 'module' | 'local';
  /** Offset of the declaration, for names of the module or of a function. */
  declaredAt: number;
  /** The import that binds the name, if one does. */
  imported?: { module: string; member: string };
}

/** A use of `this`, `super` or `arguments`, and the function it belongs to. */
export interface ReceiverUse {
  word: 'this' | 'super' | 'arguments';
  start: number;
  /** Offset of the function (or class member) whose receiver it is; -1 for the module. */
  ownerStart: number;
}

/** A function and the nodes around it, from the program inwards. */
export interface FunctionPlace {
  node: FunctionNode;
  ancestors: Node[];
}

/** All that the transforms ask of a syntax tree, gathered in one walk. */
export interface Analysis {
  references: Reference[];
  receivers: ReceiverUse[];
  functions: FunctionPlace[];
  /** Directive texts standing where they have no effect. */
  misplaced: { node: Node; text: string }[];
}

/** Resolves every name of a module to the scope that declares it. */
export function analyze(parsed: ParsedSource): Analysis {
  const tracker = new ScopeTracker({ preserveExitedScopes: true });
  walk(parsed.program, { scopeTracker: tracker });
  tracker.freeze();
  const analysis: Analysis = { references: [], receivers: [], functions: [], misplaced: [] };
  const stack: Node[] = [];
  walk(parsed.program, {
    scopeTracker: tracker,
    enter(node, parent) {
      if (isTypeOnly(node) || (node.type === 'ExportNamedDeclaration' && node.source)) {
        this.skip();
      } else {
        visit(node, parent, { analysis, tracker, stack });
      }
      stack.push(node);
    },
    leave() {
      stack.pop();
    },
  });
  return analysis;
}

interface Visit {
  analysis: Analysis;
  tracker: ScopeTracker;
  stack: Node[];
}

function visit(node: Node, parent: Node | null, { analysis, tracker, stack }: Visit): void {
  if (node.type === 'ThisExpression' || node.type === 'Super') {
    const word = node.type === 'Super' ? 'super' : 'this';
    analysis.receivers.push({ word, start: node.start, ownerStart: receiverOwner(stack) });
    return;
  }
  if (isFunction(node)) {
    if (node.body) analysis.functions.push({ node, ancestors: [...stack] });
    return;
  }
  const text = misplacedText(node);
  if (text) analysis.misplaced.push({ node, text });
  if (node.type !== 'Identifier' && node.type !== 'JSXIdentifier') return;
  if (!isReferenceIdentifier(node, parent)) return;
  if (node.name === 'arguments') {
    analysis.receivers.push({ word: 'arguments', start: node.start, ownerStart: receiverOwner(stack) });
    return;
  }
  analysis.references.push(resolve(node, tracker));
}

function resolve(node: { name: string; start: number; end: number }, tracker: ScopeTracker): Reference {
  const { name, start, end } = node;
  const found = tracker.getDeclaration(name);
  if (!found) return { name, start, end, scope: 'global', declaredAt: -1 };
  const scope = found.scope === '' ? 'module' : 'local';
  const reference: Reference = { name, start, end, scope, declaredAt: found.node.start };
  if (found.type === 'Import') {
    const specifier = found.node;
    const member =
      specifier.type === 'ImportSpecifier'
        ? specifier.imported.type === 'Literal'
          ? specifier.imported.value
          : specifier.imported.name
        : specifier.type === 'ImportDefaultSpecifier'
          ? 'default'
          : '*';
    reference.imported = { module: found.importNode.source.value, member };
  }
  return reference;
}

function receiverOwner(stack: Node[]): number {
  for (let index = stack.length - 1; index >= 0; index--) {
    const node = stack[index];
    if (!node) continue;
    if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') return node.start;
    if (node.type === 'PropertyDefinition' || node.type === 'StaticBlock') return node.start;
  }
  return -1;
}

/** True for function declarations, expressions, methods and arrows. */
export function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

const RUNTIME_TS = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSEnumDeclaration',
  'TSEnumBody',
  'TSEnumMember',
  'TSModuleDeclaration',
  'TSModuleBlock',
  'TSExportAssignment',
  'TSImportEqualsDeclaration',
  'TSExternalModuleReference',
  'TSParameterProperty',
]);

/** True for syntax that vanishes with the types, so that `typeof pool` in a type keeps nothing alive. */
function isTypeOnly(node: Node): boolean {
  return node.type.startsWith('TS') && !RUNTIME_TS.has(node.type);
}
