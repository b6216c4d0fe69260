import type { Node, PropertyKey as PropertyKeyNode } from 'oxc-parser';
import { type FunctionPlace, isFunction } from './analyze.ts';
import { isWrapper } from './parse.ts';

/** The name of a site, and whether the code itself names it (else the compiler may number it). */
export interface SiteName {
  path: string;
  explicit: boolean;
}

/**
 * Names a function by what encloses it: `outer/inner`, `object/key`, `A.m`, `A#m`.
 *
 * Anonymous callbacks in between add nothing; a function without any name of its own is called `anonymous`
 * here and numbered by the caller.
 */
export function nameOf({ node, ancestors }: FunctionPlace): SiteName {
  const chain: Node[] = [...ancestors, node];
  let path = '';
  let ownAt = -1;
  for (const [index, entry] of chain.entries()) {
    const found = segment(entry, chain, index);
    if (!found) continue;
    path +=
      path === '' || found.glue !== '/' ? `${path === '' ? '' : found.glue}${found.text}` : `/${found.text}`;
    ownAt = index;
  }
  const own = ownAt >= bindingIndex(chain);
  if (!own) return { path: path === '' ? 'anonymous' : `${path}/anonymous`, explicit: false };
  const holder = chain[ownAt];
  return { path, explicit: holder?.type !== 'Property' };
}

interface Segment {
  text: string;
  glue: '/' | '.' | '#';
}

function segment(node: Node, chain: Node[], index: number): Segment | undefined {
  switch (node.type) {
    case 'VariableDeclarator':
      return node.id.type === 'Identifier' ? { text: node.id.name, glue: '/' } : undefined;
    case 'AssignmentPattern':
      return node.left.type === 'Identifier' ? { text: node.left.name, glue: '/' } : undefined;
    case 'ClassDeclaration':
    case 'ClassExpression':
      return chain[index - 1]?.type === 'VariableDeclarator' ? undefined : className(node, chain[index - 1]);
    case 'Property':
      return keyed(node, '/');
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return keyed(node, node.static ? '.' : '#');
    case 'AssignmentExpression':
      return assigned(node.left);
    case 'ExportDefaultDeclaration':
      return isAnonymousDefault(chain, index) ? { text: 'default', glue: '/' } : undefined;
    default:
      return isFunction(node) ? functionSegment(node, chain, index) : undefined;
  }
}

function className(
  node: Extract<Node, { type: 'ClassDeclaration' | 'ClassExpression' }>,
  parent?: Node,
): Segment {
  const anonymous = parent?.type === 'ExportDefaultDeclaration' ? 'default' : 'class';
  return { text: node.id?.name ?? anonymous, glue: '/' };
}

function functionSegment(node: Node, chain: Node[], index: number): Segment | undefined {
  if (!isFunction(node) || !('id' in node) || !node.id) return undefined;
  if (node.type === 'FunctionDeclaration') return { text: node.id.name, glue: '/' };
  const holder = chain[bindingIndexFrom(chain, index)];
  const bound = holder && ['VariableDeclarator', 'Property', 'PropertyDefinition', 'AssignmentExpression'];
  return bound?.includes(holder?.type ?? '') ? undefined : { text: node.id.name, glue: '/' };
}

/** `tools.find = ...` is named as if it stood in the object: `tools/find`. */
function assigned(left: Node): Segment | undefined {
  if (left.type === 'Identifier') return { text: left.name, glue: '/' };
  if (left.type !== 'MemberExpression') return undefined;
  const own = keyed({ key: left.property as PropertyKeyNode, computed: left.computed }, '/');
  const holder = own && !isExports(left.object) ? assigned(left.object) : undefined;
  return own && holder ? { text: `${holder.text}/${own.text}`, glue: '/' } : own;
}

/** `exports` and `module.exports`, which are no part of a name. */
function isExports(node: Node): boolean {
  if (node.type === 'Identifier') return node.name === 'exports';
  if (node.type !== 'MemberExpression' || node.computed || !('name' in node.property)) return false;
  const { object, property } = node;
  return object.type === 'Identifier' && object.name === 'module' && property.name === 'exports';
}

interface Keyed {
  readonly key: PropertyKeyNode;
  readonly computed: boolean;
}

function keyed({ key, computed }: Keyed, glue: Segment['glue']): Segment | undefined {
  if (key.type === 'Literal') return { text: String(key.value), glue };
  if (key.type === 'PrivateIdentifier') return { text: `#${key.name}`, glue };
  return key.type === 'Identifier' && !computed ? { text: key.name, glue } : undefined;
}

function isAnonymousDefault(chain: Node[], index: number): boolean {
  const next = chain.slice(index + 1).find((node) => !isWrapper(node));
  return next !== undefined && isFunction(next) && !('id' in next && next.id);
}

/** The index of the node that names the last function of the chain, through type-only wrappers. */
function bindingIndex(chain: Node[]): number {
  return bindingIndexFrom(chain, chain.length - 1);
}

function bindingIndexFrom(chain: Node[], functionIndex: number): number {
  let index = functionIndex - 1;
  for (let node = chain[index]; node && isWrapper(node); node = chain[index]) index--;
  return index;
}
