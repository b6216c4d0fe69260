import type MagicString from 'magic-string';
import type { Node } from 'oxc-parser';
import { isIdentifierName, literal } from './edit.ts';
import type { Item } from './module-items.ts';
import type { Reach } from './reachability.ts';
import type { ModuleSites } from './sites.ts';

/** A free name that stands for a dropped export; found in the output, it means that the export is needed. */
export const PRUNED = '__perdure_pruned';

/**
 * Removes the items that are not live and gives the statements that stand in for their exports.
 *
 * The stand-ins are pure, so the bundler's own tree shaking tells which dropped exports are used after all.
 */
export function dropItems(edits: MagicString, module: ModuleSites, reached: Reach): string[] {
  const groups = new Map<Node, Item[]>();
  for (const item of reached.items) groups.set(item.statement, [...(groups.get(item.statement) ?? []), item]);
  for (const [statement, items] of groups) dropStatement(edits, statement, { items, reached });
  return reached.pruned.map((entry, index) => {
    const value = `/*#__PURE__*/ ${PRUNED}(${literal(module.path)}, ${literal(entry.name)})`;
    if (entry.name === 'default') return `export default ${value};`;
    const local = `__perdure_pruned_${index}`;
    return `const ${local} = ${value}; export { ${local} as ${exportText(entry.name)} };`;
  });
}

interface Dropping {
  items: Item[];
  reached: Reach;
}

function dropStatement(edits: MagicString, statement: Node, { items, reached }: Dropping): void {
  const [first] = items;
  if (!first) return;
  if (first.kind === 'exports' || first.kind === 'reexports') {
    rewriteExports(edits, first, reached);
    return;
  }
  if (first.kind === 'default' && !reached.pruned.some((entry) => entry.item === first)) return;
  const kept = items.filter((item) => reached.live.has(item));
  if (kept.length === items.length) return;
  if (kept.length === 0) {
    edits.remove(statement.start, statement.end);
    return;
  }
  const firstKept = items.findIndex((item) => reached.live.has(item));
  for (const [index, { node }] of items.entries()) {
    const [before, item, after] = [items[index - 1], items[index], items[index + 1]];
    if (!item || reached.live.has(item)) continue;
    if (index < firstKept && after) edits.remove(node.start, after.node.start);
    else if (before) edits.remove(before.node.end, node.end);
  }
}

function rewriteExports(edits: MagicString, item: Item, { exported, pruned }: Reach): void {
  const { node } = item;
  if (node.type !== 'ExportNamedDeclaration') return;
  const kept = exported.filter((entry) => entry.item === item && !pruned.includes(entry));
  if (kept.length === node.specifiers.length) return;
  if (kept.length === 0) {
    edits.remove(node.start, node.end);
    return;
  }
  const specifiers = kept.map((entry) => `${exportText(entry.local ?? '')} as ${exportText(entry.name)}`);
  const from = node.source ? ` from ${literal(node.source.value)}` : '';
  edits.overwrite(node.start, node.end, `export { ${specifiers.join(', ')} }${from};`);
}

function exportText(name: string): string {
  return isIdentifierName(name) ? name : literal(name);
}
