import MagicString, { Bundle, type SourceMap } from 'magic-string';
import { moduleClasses } from './classes.ts';
import { CompileError, workflowCalledDirectly } from './diagnostics.ts';
import { blankDirectives, blockStart, keyText, literal, memberText, moduleStart, ownName } from './edit.ts';
import { hostPrelude } from './host-prelude.ts';
import { isInstalled } from './identity.ts';
import { type ManifestEntry, manifestEntry } from './manifest.ts';
import { parseSource, SITE_TEXT } from './parse.ts';
import { findSites, type ModuleSites, type Site } from './sites.ts';

export interface HostOptions {
  /** Absolute path of the file. */
  file: string;
  /** Absolute path of the app's root, to which ids are relative. */
  root: string;
  /** Adds the absolute path to `registry.files`; for development only, never for what is shipped. */
  registerFile?: boolean;
  /** Module specifier to import for `registry.program`, for bundlers that embed the program. */
  program?: string;
}

/** One site of a host-transformed module. */
export interface HostSite extends ManifestEntry {
  kind: 'workflow' | 'step';
}

export interface HostResult {
  code: string;
  map: SourceMap;
  sites: HostSite[];
}

/**
 * Turns workflow functions into handles for `start`, registers steps and classes that cross; everything else stays
 * as written.
 *
 * Runs before types are stripped. Undefined when the module has none of them, at the cost of one text scan
 * for most files.
 *
 * @throws CompileError with every diagnostic of the module
 */
export function transformHost(source: string, options: HostOptions): HostResult | undefined {
  if (!SITE_TEXT.test(source)) return undefined;
  const module = moduleWithSites(source, options);
  if (!module) return undefined;
  const edits = new MagicString(source);
  blankDirectives(edits, module);
  const hoisted = hoistSteps(edits, module);
  const registrations: string[] = [];
  for (const site of module.sites) editSite(site, { edits, module, registrations });
  registerClasses(edits, module);
  if (options.program) registrations.push(...keptClasses(module));
  for (const site of module.sites) if (site.kind === 'workflow') emptyWorkflow(edits, site, source);
  edits.appendLeft(moduleStart(module.parsed), `${prefix(module, options)} ${registrations.join(' ')} `);
  const bundle = new Bundle({ separator: '\n' });
  for (const content of [edits, ...hoisted]) bundle.addSource({ filename: options.file, content });
  const map = bundle.generateMap({ hires: 'boundary', includeContent: true });
  map.sources = [options.file];
  const sites = module.sites.map((site) => ({ kind: site.kind, ...manifestEntry(site, module.path) }));
  return { code: bundle.toString(), map, sites };
}

/** An installed file that only mentions a directive, in a syntax that is not ours to judge, is left alone. */
function moduleWithSites(source: string, options: HostOptions): ModuleSites | undefined {
  try {
    const module = findSites(parseSource(source, options.file), options);
    return module.sites.length + module.classes.length > 0 ? module : undefined;
  } catch (error) {
    const unparsed = error instanceof CompileError && error.code === 'PARSE_FAILED';
    if (unparsed && isInstalled(options.file)) return undefined;
    throw error;
  }
}

function prefix({ sites, classes }: ModuleSites, { file, registerFile, program }: HostOptions): string {
  const workflows = sites.some((site) => site.kind === 'workflow');
  const parts = [hostPrelude({ workflows, classes: classes.length > 0, bundled: program !== undefined })];
  if (registerFile) parts.push(`__perdure_registry().files.add(${literal(file)});`);
  if (program && workflows) {
    parts.push(
      `__perdure_registry().program ??= () => import(${literal(program)}).then((module) => module.current());`,
    );
  }
  return parts.join(' ');
}

interface Editing {
  edits: MagicString;
  module: ModuleSites;
  registrations: string[];
}

function editSite(site: Site, editing: Editing): void {
  const { edits, module, registrations } = editing;
  if (site.nested) {
    registrations.push(`__perdure_bind(${literal(site.id)}, ${binderName(site, module)});`);
    if (!site.inWorkflow) markNested(site, editing);
    return;
  }
  const { node } = site;
  const [open, close] = registration(site, module);
  if (site.shape === 'declaration') {
    const name = node.type === 'FunctionDeclaration' ? node.id?.name : undefined;
    if (!name) nameDefault(edits, site, module.parsed.source);
    registrations.push(`${open}${name ?? '__perdure_default'}${close};`);
  } else if (site.shape === 'static') {
    registerStatic(site, editing);
  } else if (site.shape === 'instance') {
    registerInstance(site, editing);
  } else {
    wrap(site, editing, { open, close });
  }
}

/** The call that registers a site, in the two parts before and after the function. */
function registration(site: Site, module: ModuleSites): [open: string, close: string] {
  const own = literal(ownName(site));
  if (site.kind === 'step') return [`__perdure_step(${literal(site.id)}, `, `, ${own})`];
  const details = [site.id, site.name, module.path].map(literal).join(', ');
  const uses = usedNames(site, module).join(', ');
  return [`__perdure_workflow(${details}, `, `, ${own}, () => [${uses}])`];
}

/**
 * The module-level names that a vanished body used.
 *
 * They are mentioned in a function that is never called: else the import of a step that only the workflow calls
 * is dropped, by TypeScript or by tree shaking, and with it the step.
 */
function usedNames({ node }: Site, { sites, analysis }: ModuleSites): string[] {
  const steps = sites.filter((site) => site.kind === 'step');
  const uses = analysis.references.filter(
    ({ scope, start }) =>
      scope === 'module' &&
      start >= node.start &&
      start < node.end &&
      !steps.some((step) => start >= step.node.start && start < step.node.end),
  );
  return [...new Set(uses.map(({ name }) => name))].sort();
}

/** Puts a call around the function where it stands; methods become properties for it. */
function wrap(
  site: Site,
  { edits, module }: Editing,
  { open, close }: { open: string; close: string },
): void {
  const { node } = site;
  const holder = site.ancestors.at(-1);
  if (site.shape === 'method' && holder?.type === 'Property') {
    const keyword = node.async ? 'async function ' : 'function ';
    const key = keyText(module.parsed.source, holder);
    edits.overwrite(holder.start, node.start, `${key}: ${open}${keyword}`);
  } else {
    edits.appendLeft(node.start, open);
  }
  edits.appendRight(node.end, close);
}

/** Static methods stay methods (of the right class, under `super`); a static block registers them. */
function registerStatic(site: Site, { edits, module }: Editing): void {
  const holder = site.ancestors.at(-1);
  if (holder?.type !== 'MethodDefinition') return;
  const access = memberText('this', module.parsed.source, holder);
  const own = literal(ownName(site));
  const call =
    site.kind === 'step'
      ? `__perdure_step(${literal(site.id)}, ${access}, ${own}${site.usesThis ? ', this' : ''})`
      : `${registration(site, module).join(access)}`;
  edits.appendRight(holder.end, ` static { ${call}; }`);
}

/**
 * Methods of instances stay too; called as a step, `this` is the captured `self`.
 *
 * The class's own method is called, as one that overrides it may call it as `super`.
 */
function registerInstance(site: Site, { edits, module }: Editing): void {
  const holder = site.ancestors.at(-1);
  if (holder?.type !== 'MethodDefinition') return;
  const { source } = module.parsed;
  const isPrivate = holder.key.type === 'PrivateIdentifier';
  const isGetter = holder.kind === 'get';
  const own = memberText(isPrivate ? 'self' : 'this.prototype', source, holder);
  const key =
    holder.key.type === 'Identifier' && !holder.computed
      ? literal(holder.key.name)
      : source.slice(holder.key.start, holder.key.end);
  const getter = `Object.getOwnPropertyDescriptor(this.prototype, ${key}).get`;
  const call = isGetter && isPrivate ? `() => ${own}` : `__perdure_bound(${isGetter ? getter : own}, self)`;
  edits.appendRight(holder.end, ` static { __perdure_bind(${literal(site.id)}, ({ self }) => ${call}); }`);
}

/** Each class registers itself from within, whatever name or expression holds it. */
function registerClasses(edits: MagicString, { classes }: ModuleSites): void {
  for (const { id, node } of classes) {
    edits.appendLeft(node.body.end - 1, `; static { __perdure_class(${literal(id)}, this); } `);
  }
}

/**
 * A statement that mentions the classes that register something from within.
 *
 * Not every bundler sees an effect in a static block, so one might drop a class that nothing else mentions.
 */
function keptClasses({ parsed, sites, classes }: ModuleSites): string[] {
  const names: string[] = [];
  for (const { name, node } of moduleClasses(parsed.program.body)) {
    const registers =
      classes.some((site) => site.node === node) || sites.some((site) => site.ancestors.includes(node));
    if (registers && name !== 'default') names.push(name);
  }
  return names.length > 0 ? [`__perdure_keep(() => [${names.join(', ')}]);`] : [];
}

/** Gives `export default function () {}` a name to be registered by; it stays hoisted. */
function nameDefault(edits: MagicString, { node }: Site, source: string): void {
  const keyword = /^(async\s+)?function/.exec(source.slice(node.start, node.end));
  edits.appendLeft(node.start + (keyword?.[0].length ?? 0), ' __perdure_default');
}

/** Lets a nested step that stays in place carry its id, so that it can be told apart as a value. */
function markNested(site: Site, editing: Editing): void {
  const open = `__perdure_mark("stepId", ${literal(site.id)}, `;
  const close = `, ${literal(ownName(site))})`;
  const { node } = site;
  if (node.type !== 'FunctionDeclaration') {
    wrap(site, editing, { open, close });
    return;
  }
  const parent = site.ancestors.at(-1);
  const block = parent?.type === 'BlockStatement' ? parent : undefined;
  const place = block ? blockStart(block) : node.start;
  editing.edits.appendLeft(place, ` ${open}${node.id?.name}${close};`);
}

/** Copies nested steps to module level, as functions of what they capture; copies map to the original. */
function hoistSteps(base: MagicString, module: ModuleSites): MagicString[] {
  const nested = module.sites.filter((site) => site.nested && site.kind === 'step');
  return nested.map((site) => {
    const copy = base.clone();
    for (const inner of nested) {
      if (inner.ancestors.includes(site.node)) markNested(inner, { edits: copy, module, registrations: [] });
    }
    const [open, close] = namedValue(site);
    const part = copy.snip(site.node.start, site.node.end);
    const links = site.links.map((link) => linkText(link, module)).join('');
    part.prepend(`function ${binderName(site, module)}({ ${site.captured.join(', ')} }) { ${links}${open}`);
    return part.append(`${close} }`);
  });
}

/** Another step that a hoisted one calls; made when called, as two may call each other. */
function linkText(link: Site, module: ModuleSites): string {
  const closure = `{ ${link.captured.join(', ')} }`;
  return `const ${link.selfName} = (...args) => ${binderName(link, module)}(${closure})(...args); `;
}

function binderName(site: Site, { sites }: ModuleSites): string {
  return `__perdure_bind_${sites.indexOf(site)}`;
}

function namedValue(site: Site): [open: string, close: string] {
  const { node, selfName } = site;
  if (node.type === 'FunctionDeclaration') return ['return ', ';'];
  if (selfName) return [`const ${selfName} = `, `; return ${selfName};`];
  const keyword = site.shape === 'method' ? (node.async ? 'async function ' : 'function ') : '';
  const name = literal(ownName(site));
  return [`return ({ ${name}: ${keyword}`, ` })[${name}];`];
}

/** Replaces a workflow's body: it runs in the program, and nothing of it may run here. */
function emptyWorkflow(edits: MagicString, site: Site, source: string): void {
  const { body } = site.node;
  if (!body) return;
  for (const [index, param] of site.node.params.entries()) {
    if (param.type === 'Identifier') continue;
    edits.overwrite(param.start, param.end, `${param.type === 'RestElement' ? '...' : ''}$${index}`);
  }
  const lines = source.slice(body.start, body.end).split('\n').length - 1;
  const message = literal(workflowCalledDirectly(ownName(site)));
  const text = ` throw __perdure_direct(${message}); ${'\n'.repeat(lines)}`;
  if (body.type === 'BlockStatement') edits.overwrite(body.start + 1, body.end - 1, text);
  else edits.overwrite(body.start, body.end, `{${text}}`);
}
