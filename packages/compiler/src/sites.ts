import type { Node, Statement } from 'oxc-parser';
import { type Analysis, analyze, type FunctionNode, type FunctionPlace } from './analyze.ts';
import { checkSite } from './check-site.ts';
import { type ClassSite, findClasses } from './classes.ts';
import type { Location } from './code-frame.ts';
import { CompileError, type Diagnostic, directiveNotFirst, duplicateId } from './diagnostics.ts';
import { type DirectiveHead, readDirectives, type SiteKind } from './directives.ts';
import { fileDirectiveSites } from './file-directive.ts';
import { type Dropped, hookArguments } from './hook-definitions.ts';
import { identityPath } from './identity.ts';
import { nameOf } from './naming.ts';
import { isWrapper, type ParsedSource } from './parse.ts';
import { linkSteps } from './step-links.ts';

/** How the function of a site is written, which decides how it is edited. */
export type SiteShape = 'declaration' | 'expression' | 'method' | 'static' | 'instance';

/** A workflow or step function: what it is called and what surrounds it. */
export interface Site {
  kind: SiteKind;
  shape: SiteShape;
  id: string;
  name: string;
  loc: Location;
  node: FunctionNode;
  /** The enclosing nodes, from the program inwards. */
  ancestors: Node[];
  /** The statement of the module that holds the function. */
  item: Node;
  /** The module-level name that is bound to exactly this function. */
  binding: string | undefined;
  /** The local name the function is bound to where it stands, which it may use to call itself. */
  selfName: string | undefined;
  /** True when it must be hoisted out of a function or a block. */
  nested: boolean;
  inWorkflow: boolean;
  inStep: boolean;
  usesThis: boolean;
  /** Names captured by value at each call. */
  captured: string[];
  /** Other nested steps it calls, which are made anew where it is hoisted to. */
  links: Site[];
  directives: Statement[];
}

/** The sites of one module, with the analysis they were found by. */
export interface ModuleSites {
  parsed: ParsedSource;
  analysis: Analysis;
  sites: Site[];
  /** Classes whose instances cross; errors only where there are sites too. */
  classes: ClassSite[];
  /** What the program leaves out of calls of `defineHook`. */
  hookArguments: Dropped[];
  /** The path that stands for the file in ids. */
  path: string;
  /** Directives at the top of the file. */
  fileDirectives: Statement[];
}

/**
 * Finds every directive site of a module.
 *
 * @throws CompileError with all that is wrong with the directives of the module
 */
export function findSites(parsed: ParsedSource, { file, root }: { file: string; root: string }): ModuleSites {
  const path = identityPath(file, root);
  const analysis = analyze(parsed);
  const fileHead = readDirectives(parsed.program.body, parsed, path);
  const problems: Diagnostic[] = analysis.misplaced.map(({ node, text }) =>
    directiveNotFirst(parsed.spot(node), text),
  );
  const classes = findClasses({ parsed, analysis, path, problems });
  const marked = fileDirectiveSites(parsed, analysis, fileHead, problems);
  const sites: Site[] = [];
  const names = new Map<string, Site>();
  for (const place of analysis.functions) {
    try {
      const head = headOf(place, parsed);
      const kind = head.kind ?? marked.get(place.node);
      if (!kind) continue;
      const site = makeSite({ place, kind, head, sites, names, path, parsed, analysis });
      problems.push(...checkSite(site, { analysis, parsed, classes }));
      sites.push(site);
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      problems.push(...error.diagnostics);
    }
  }
  if (problems.length > 0) throw new CompileError(problems);
  linkSteps(sites, analysis);
  const crossing = classes.filter(({ kind }) => kind === 'stored' || sites.length > 0);
  return {
    parsed,
    analysis,
    sites,
    classes: crossing,
    hookArguments: hookArguments(parsed, analysis),
    path,
    fileDirectives: fileHead.statements,
  };
}

function headOf({ node }: FunctionPlace, parsed: ParsedSource): DirectiveHead {
  if (node.body?.type !== 'BlockStatement') return { kind: undefined, statements: [] };
  const name = 'id' in node && node.id ? node.id.name : 'the function';
  return readDirectives(node.body.body, parsed, name);
}

interface Draft {
  place: FunctionPlace;
  kind: SiteKind;
  head: DirectiveHead;
  sites: Site[];
  names: Map<string, Site>;
  path: string;
  parsed: ParsedSource;
  analysis: Analysis;
}

function makeSite({ place, kind, head, sites, names, path, parsed, analysis }: Draft): Site {
  const { node, ancestors } = place;
  const within = (kind: SiteKind) =>
    sites.some((site) => site.kind === kind && ancestors.includes(site.node));
  const captured = capturedBy(place, analysis);
  const named = nameOf(place);
  const name = named.explicit ? named.path : freeName(named.path, (path) => names.has(`${kind} ${path}`));
  const shape = shapeOf(place);
  const inFunction = ancestors.some((ancestor) => analysis.functions.some((fn) => fn.node === ancestor));
  const inBlock = shape === 'declaration' && !isModuleLevel(ancestors);
  const site: Site = {
    kind,
    shape,
    id: `${kind}//${path}//${name}`,
    name,
    loc: parsed.spot(node).loc,
    node,
    ancestors,
    item: ancestors[1] ?? node,
    binding: inFunction || inBlock ? undefined : boundName(place),
    selfName: boundName(place),
    nested: inFunction || inBlock || captured.length > 0,
    inWorkflow: within('workflow'),
    inStep: within('step'),
    usesThis: analysis.receivers.some((use) => use.word === 'this' && belongsTo(use, node)),
    captured,
    links: [],
    directives: head.statements,
  };
  const first = names.get(`${kind} ${name}`);
  if (first) throw new CompileError([duplicateId(parsed.spot(node), site.id, first.loc)]);
  names.set(`${kind} ${name}`, site);
  return site;
}

/** True when a use of `this` or `arguments` inside `node` means the receiver of `node` or of what encloses it. */
export function belongsTo(use: { start: number; ownerStart: number }, node: Node): boolean {
  return use.start > node.start && use.start < node.end && use.ownerStart <= node.start;
}

/** The names a function uses that enclosing functions or blocks declare. */
function capturedBy(place: FunctionPlace, analysis: Analysis): string[] {
  const { start, end } = place.node;
  const self = boundName(place);
  const names = analysis.references.filter(
    (use) =>
      use.scope === 'local' &&
      use.start >= start &&
      use.end <= end &&
      (use.declaredAt < start || use.declaredAt >= end) &&
      !(use.name === self && isOwnDeclaration(use.declaredAt, place)),
  );
  return [...new Set(names.map((use) => use.name))].sort();
}

function isOwnDeclaration(declaredAt: number, { ancestors }: FunctionPlace): boolean {
  const holder = ancestors.findLast((node) => !isWrapper(node));
  return holder?.type === 'VariableDeclarator' && holder.id.start === declaredAt;
}

function boundName({ node, ancestors }: FunctionPlace): string | undefined {
  if (node.type === 'FunctionDeclaration') return node.id?.name;
  const holder = ancestors.findLast((ancestor) => !isWrapper(ancestor));
  return holder?.type === 'VariableDeclarator' && holder.id.type === 'Identifier'
    ? holder.id.name
    : undefined;
}

function isModuleLevel(ancestors: Node[]): boolean {
  const parent = ancestors.at(-1);
  return (
    parent?.type === 'Program' ||
    parent?.type === 'ExportNamedDeclaration' ||
    parent?.type === 'ExportDefaultDeclaration'
  );
}

function shapeOf({ node, ancestors }: FunctionPlace): SiteShape {
  const parent = ancestors.at(-1);
  if (node.type === 'FunctionDeclaration') return 'declaration';
  if (parent?.type === 'MethodDefinition') return parent.static ? 'static' : 'instance';
  if (parent?.type === 'Property' && (parent.method || parent.kind !== 'init')) return 'method';
  return 'expression';
}

function freeName(path: string, taken: (path: string) => boolean): string {
  const anonymous = /(^|\/)anonymous$/.test(path);
  if (!anonymous && !taken(path)) return path;
  for (let number = anonymous ? 0 : 1; ; number++) {
    if (!taken(`${path}${number}`)) return `${path}${number}`;
  }
}
