import type { Node } from 'oxc-parser';
import { unwrap } from './parse.ts';
import type { ModuleSites, Site } from './sites.ts';

/**
 * A part of a module that pruning keeps or drops as a whole.
 *
 * `import`, `declaration` and `default` bind names; `effect` runs for what it does to others; `step` is
 * replaced by a proxy whatever happens; `fixed` is left alone (types, `export * from`).
 */
export interface Item {
  kind: 'import' | 'declaration' | 'default' | 'effect' | 'step' | 'exports' | 'reexports' | 'fixed';
  node: Node;
  /** The statement of the module this is, or is a part of. */
  statement: Node;
  /** Names the item binds in the module. */
  declares: string[];
  /** True when what it binds is data, which other statements may fill. */
  holdsData: boolean;
  sites: Site[];
}

/** A name that the module exports, and the item that makes it. */
export interface ExportedName {
  name: string;
  local: string | undefined;
  item: Item;
}

/** Splits a module into items and lists its exports; `export *` is not among them. */
export function moduleItems(module: ModuleSites): { items: Item[]; exported: ExportedName[] } {
  const items: Item[] = [];
  const exported: ExportedName[] = [];
  for (const statement of module.parsed.program.body) {
    const declaration =
      statement.type === 'ExportNamedDeclaration' && statement.declaration
        ? statement.declaration
        : statement;
    const parts = declaration.type === 'VariableDeclaration' ? declaration.declarations : [declaration];
    for (const node of parts) {
      const item = makeItem(node, statement, module.sites);
      items.push(item);
      exported.push(...exportsOf(item));
    }
  }
  return { items, exported };
}

function makeItem(node: Node, statement: Node, sites: Site[]): Item {
  const own = sites.filter((site) => isIn(site.node, node));
  const item: Item = { kind: 'effect', node, statement, declares: [], holdsData: false, sites: own };
  const isStep = own.some(
    (site) => site.kind === 'step' && !site.nested && site.item === statement && isAll(site, node),
  );
  switch (node.type) {
    case 'ImportDeclaration':
      return { ...item, kind: 'import', declares: node.specifiers.map((specifier) => specifier.local.name) };
    case 'ExportAllDeclaration':
      return { ...item, kind: 'fixed' };
    case 'ExportNamedDeclaration':
      return { ...item, kind: node.exportKind === 'type' ? 'fixed' : node.source ? 'reexports' : 'exports' };
    case 'ExportDefaultDeclaration':
      return { ...item, kind: isStep ? 'step' : 'default', declares: defaultName(node.declaration) };
    case 'VariableDeclarator': {
      const holdsData = node.init ? !/Function|Class/.test(unwrap(node.init).type) : true;
      return { ...item, kind: isStep ? 'step' : 'declaration', declares: patternNames(node.id), holdsData };
    }
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return { ...item, kind: isStep ? 'step' : 'declaration', declares: node.id ? [node.id.name] : [] };
    case 'TSEnumDeclaration':
    case 'TSImportEqualsDeclaration':
      return { ...item, kind: 'declaration', declares: [node.id.name] };
    case 'TSModuleDeclaration':
      return { ...item, kind: 'declaration', declares: node.id.type === 'Identifier' ? [node.id.name] : [] };
    default:
      return node.type.startsWith('TS') ? { ...item, kind: 'fixed' } : item;
  }
}

/** True for a node that is `outer` or lies within it. */
export function isIn(node: { start: number; end: number }, outer: { start: number; end: number }): boolean {
  return node.start >= outer.start && node.end <= outer.end;
}

/** True when the step is all there is to the item, as in `const send = async () => { "use step" }`. */
function isAll(site: Site, node: Node): boolean {
  if (node.type === 'VariableDeclarator') return node.init !== null && unwrap(node.init) === site.node;
  if (node.type === 'ExportDefaultDeclaration') return unwrap(node.declaration) === site.node;
  return node === site.node;
}

function defaultName(declaration: Node): string[] {
  const named = declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration';
  return named && declaration.id ? [declaration.id.name] : [];
}

function exportsOf(item: Item): ExportedName[] {
  const { node, statement } = item;
  if (node.type === 'ExportDefaultDeclaration') {
    if (node.declaration.type.startsWith('TSInterface')) return [];
    const local = node.declaration.type === 'Identifier' ? node.declaration.name : item.declares[0];
    return [{ name: 'default', local, item }];
  }
  if (node.type === 'ExportNamedDeclaration') {
    return node.specifiers
      .filter((specifier) => specifier.exportKind !== 'type')
      .map(({ local, exported }) => ({ name: nameText(exported), local: nameText(local), item }));
  }
  if (statement.type !== 'ExportNamedDeclaration' || item.kind === 'fixed') return [];
  return item.declares.map((name) => ({ name, local: name, item }));
}

function nameText(node: Node): string {
  if (node.type === 'Literal') return String(node.value);
  return 'name' in node && typeof node.name === 'string' ? node.name : '';
}

/** The names that a binding pattern binds. */
export function patternNames(pattern: Node): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'AssignmentPattern':
      return patternNames(pattern.left);
    case 'RestElement':
      return patternNames(pattern.argument);
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element ? patternNames(element) : []));
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        patternNames(property.type === 'RestElement' ? property : property.value),
      );
    default:
      return [];
  }
}
