import MagicString, { type SourceMap } from 'magic-string';
import type { MethodDefinition } from 'oxc-parser';
import { blankDirectives, blockStart, keyText, literal, moduleStart } from './edit.ts';
import { dropItems } from './guest-prune.ts';
import { isIn } from './module-items.ts';
import { type Reach, reach } from './reachability.ts';
import type { ModuleSites, Site } from './sites.ts';

/** A workflow of a guest module, and the export under which the program's entry finds it. */
export interface GuestWorkflow {
  id: string;
  exportName: string;
}

export interface GuestResult {
  code: string;
  map: SourceMap;
  workflows: GuestWorkflow[];
}

/**
 * Turns a module with sites, classes that cross or hooks into its part of the program: workflows and classes stay,
 * steps become proxies, and what neither they nor `demand` (names of exports that other modules use) need is gone.
 */
export function transformGuest(
  module: ModuleSites,
  { demand }: { demand: ReadonlySet<string> },
): GuestResult {
  const edits = new MagicString(module.parsed.source);
  const reached = reach(module, demand);
  const head: string[] = [];
  const tail: string[] = [];
  const editing: Editing = { edits, module, head, tail };
  blankDirectives(edits, module);
  for (const site of module.sites) {
    if (site.kind === 'step' && !site.inStep && isLive(site, reached)) replaceStep(site, editing);
  }
  registerClasses(editing, reached);
  for (const { start, end } of module.hookArguments) edits.remove(start, end);
  const workflows = module.sites
    .filter((site) => site.kind === 'workflow')
    .map((site, index) => ({ id: site.id, exportName: exposeWorkflow(site, { ...editing, index }) }));
  tail.push(...dropItems(edits, module, reached));
  const proxies = module.sites.some((site) => site.kind === 'step');
  if (proxies) head.unshift('import { step as __perdure_step } from "perdure:guest";');
  if (head.length > 0) edits.appendLeft(moduleStart(module.parsed), `${head.join(' ')} `);
  if (tail.length > 0) edits.append(`\n${tail.join('\n')}\n`);
  const map = edits.generateMap({ hires: 'boundary', includeContent: true });
  return { code: edits.toString(), map, workflows };
}

interface Editing {
  edits: MagicString;
  module: ModuleSites;
  head: string[];
  tail: string[];
}

function isLive(site: Site, { items, live }: Reach): boolean {
  const item = items.find((entry) => entry.sites.includes(site));
  return item !== undefined && live.has(item);
}

/** Classes that the program keeps make themselves known, so that their instances can cross. */
function registerClasses({ edits, module, head }: Editing, { items, live }: Reach): void {
  const kept = module.classes.filter(({ node }) =>
    items.some((item) => live.has(item) && isIn(node, item.node)),
  );
  for (const { id, node } of kept) {
    edits.appendLeft(node.body.end - 1, `; static { __perdure_class(${literal(id)}, this); } `);
  }
  if (kept.length > 0) head.unshift('import { registerClass as __perdure_class } from "perdure:guest";');
}

function proxy(site: Site): string {
  const closure = site.captured.length > 0 ? `, () => ({ ${site.captured.join(', ')} })` : '';
  return `__perdure_step(${literal(site.id)}${closure})`;
}

const PURE = '/*#__PURE__*/ ';

function replaceStep(site: Site, editing: Editing): void {
  const { edits, module } = editing;
  const { node } = site;
  const holder = site.ancestors.at(-1);
  if (site.shape === 'declaration') {
    if (site.nested) replaceNestedDeclaration(site, editing);
    else replaceDeclaration(site, editing);
  } else if (site.shape === 'method' && holder?.type === 'Property') {
    const key = keyText(module.parsed.source, holder);
    edits.overwrite(holder.start, node.end, `${key}: ${pure(site)}${proxy(site)}`);
  } else if (site.shape === 'static' && holder?.type === 'MethodDefinition') {
    const key = keyText(module.parsed.source, holder);
    edits.overwrite(holder.start, holder.end, `static ${key} = ${pure(site)}${proxy(site)};`);
  } else if (site.shape === 'instance' && holder?.type === 'MethodDefinition') {
    replaceInstance(site, holder, editing);
  } else {
    edits.overwrite(node.start, node.end, `${pure(site)}${proxy(site)}`);
  }
}

/**
 * Methods and getters of instances stay where they are; `this` crosses like a captured variable. A method is had by a
 * getter, so that it is a step wherever it is passed; what it is called on wins over what it was taken from.
 */
function replaceInstance(site: Site, holder: MethodDefinition, { edits, module }: Editing): void {
  const key = keyText(module.parsed.source, holder);
  const step = `__perdure_step(${literal(site.id)}, (self = this) => ({ self }))`;
  const call = holder.kind === 'get' ? '()' : '';
  edits.overwrite(holder.start, holder.end, `get ${key}() { return ${step}${call}; }`);
}

/** Proxies are free to drop, unless the annotation would cover a call of the proxy as well. */
function pure({ nested, ancestors }: Site): string {
  const parent = ancestors.at(-1)?.type;
  const bound = parent === 'VariableDeclarator' || parent === 'Property' || parent === 'MethodDefinition';
  return !nested && (bound || parent === 'ExportDefaultDeclaration') ? PURE : '';
}

/** A declared step can be used above its declaration: its proxy is made at the top of the module. */
function replaceDeclaration(site: Site, { edits, head, tail }: Editing): void {
  const { item, node } = site;
  const name = node.type === 'FunctionDeclaration' ? node.id?.name : undefined;
  if (!name) {
    edits.overwrite(item.start, item.end, `export default ${PURE}${proxy(site)};`);
    return;
  }
  head.push(`const ${name} = ${PURE}${proxy(site)};`);
  if (item.type === 'ExportNamedDeclaration') tail.push(`export { ${name} };`);
  if (item.type === 'ExportDefaultDeclaration') tail.push(`export { ${name} as default };`);
  edits.remove(item.start, item.end);
}

/** The same inside a function: at the top of the block, or as a function where there is no block. */
function replaceNestedDeclaration(site: Site, { edits }: Editing): void {
  const { node, ancestors } = site;
  const parent = ancestors.at(-1);
  const name = node.type === 'FunctionDeclaration' ? node.id?.name : undefined;
  if (parent?.type === 'BlockStatement') {
    edits.appendLeft(blockStart(parent), ` const ${name} = ${proxy(site)};`);
    edits.remove(node.start, node.end);
  } else {
    edits.overwrite(node.start, node.end, `function ${name}(...args) { return ${proxy(site)}(...args); }`);
  }
}

/** Makes a workflow importable by the program's entry, wherever in the module it is. */
function exposeWorkflow(site: Site, editing: Editing & { index: number }): string {
  const { edits, module, head, tail, index } = editing;
  const { node } = site;
  const holder = site.ancestors.at(-1);
  const exportName = `__perdure_workflow_${index}`;
  if (site.binding) {
    tail.push(`export { ${site.binding} as ${exportName} };`);
    return exportName;
  }
  if (site.item.type === 'ExportDefaultDeclaration' && site.name === 'default') return 'default';
  head.push(`let ${exportName};`);
  tail.push(`export { ${exportName} };`);
  if (site.shape === 'static' && holder?.type === 'MethodDefinition') {
    const access = holder.computed
      ? keyText(module.parsed.source, holder)
      : `.${keyText(module.parsed.source, holder)}`;
    edits.appendRight(holder.end, ` static { ${exportName} = this${access}.bind(this); }`);
  } else if (site.shape === 'method' && holder?.type === 'Property') {
    const key = keyText(module.parsed.source, holder);
    edits.overwrite(holder.start, node.start, `${key}: (${exportName} = async function `);
    edits.appendRight(node.end, ')');
  } else {
    edits.appendLeft(node.start, `(${exportName} = `);
    edits.appendRight(node.end, ')');
  }
  return exportName;
}
