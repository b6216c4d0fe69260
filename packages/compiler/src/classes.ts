import type { Class, Node } from 'oxc-parser';
import type { Analysis, Reference } from './analyze.ts';
import type { Location } from './code-frame.ts';
import { classIdNotText, type Diagnostic } from './diagnostics.ts';
import { type ParsedSource, unwrap } from './parse.ts';

/** A class of a module whose instances cross between workflows and steps. */
export interface ClassSite {
  id: string;
  name: string;
  loc: Location;
  node: Class;
  /** `stored` has the two methods that make data of it and back; `error` crosses as errors do. */
  kind: 'stored' | 'error';
  /** True when the program keeps it even if no workflow names it, because steps may give instances. */
  needed: boolean;
}

type Part = 'WORKFLOW_SERIALIZE' | 'WORKFLOW_DESERIALIZE';

const PARTS = new Map<unknown, Part>([
  ['workflow-serialize', 'WORKFLOW_SERIALIZE'],
  ['workflow-deserialize', 'WORKFLOW_DESERIALIZE'],
]);
/** In output of the compiler, which is not compiled a second time. */
const REGISTERED = '__perdure_class(';
const RUNTIME = /^(perdure|workflow|@workflow)(\/|$)/;
const RELATIVE = /^[.#]/;
const ERROR_NAME = /(Error|Exception)$/;
const BUILTIN_ERRORS = new Set([
  'Error',
  'AggregateError',
  'DOMException',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
]);

/** Finds the classes at module level whose instances keep their class when they cross; what is wrong with them is added. */
export function findClasses({ parsed, analysis, path, problems }: ClassSearch): ClassSite[] {
  if (parsed.source.includes(REGISTERED)) return [];
  const named = [...moduleClasses(parsed.program.body)];
  if (named.length === 0) return [];
  const names: Names = {
    references: new Map(analysis.references.map((use) => [use.start, use])),
    symbols: symbolNames(parsed.program.body),
    found: new Map(),
  };
  const sites: ClassSite[] = [];
  for (const { name, node } of named) {
    const trait = traitOf(node, names);
    if (!trait) continue;
    const id = ownId(node, parsed, problems) ?? `class//${path}//${name}`;
    const site = { id, name, loc: parsed.spot(node).loc, node, ...trait };
    names.found.set(name, site);
    sites.push(site);
  }
  return sites;
}

export interface ClassSearch {
  parsed: ParsedSource;
  analysis: Analysis;
  path: string;
  problems: Diagnostic[];
}

/** The id that a class has already: the text of its static `classId`, which must be known when it is compiled. */
function ownId({ body }: Class, parsed: ParsedSource, problems: Diagnostic[]): string | undefined {
  const member = body.body.find((entry) => isClassId(entry));
  if (!member) return undefined;
  const value = member.type === 'PropertyDefinition' && member.value ? unwrap(member.value) : undefined;
  if (value?.type === 'Literal' && typeof value.value === 'string' && value.value !== '') return value.value;
  problems.push(classIdNotText(parsed.spot(member)));
  return undefined;
}

function isClassId(member: Node): boolean {
  if (member.type !== 'MethodDefinition' && member.type !== 'PropertyDefinition') return false;
  const { key, computed } = member;
  const name = 'name' in key && !computed ? key.name : 'value' in key ? key.value : undefined;
  return member.static && name === 'classId' && key.type !== 'PrivateIdentifier';
}

interface Names {
  references: Map<number, Reference>;
  /** Names of the module that are bound to one of the two symbols. */
  symbols: Map<string, Part>;
  found: Map<string, ClassSite>;
}

/** The classes that module-level names are bound to; `default` for one that only has that name. */
export function* moduleClasses(body: readonly Node[]): Generator<{ name: string; node: Class }> {
  for (const statement of body) {
    const exported =
      statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration';
    const declaration = exported ? statement.declaration : statement;
    if (!declaration) continue;
    if (declaration.type === 'VariableDeclaration') {
      for (const { id, init } of declaration.declarations) {
        const value = init && unwrap(init);
        if (id.type === 'Identifier' && value && isClass(value)) yield { name: id.name, node: value };
      }
      continue;
    }
    const value = unwrap(declaration);
    if (isClass(value)) yield { name: value.id?.name ?? 'default', node: value };
  }
}

function isClass(node: Node): node is Class {
  return (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') && !node.declare;
}

type Trait = Pick<ClassSite, 'kind' | 'needed'>;

function traitOf(node: Class, names: Names): Trait | undefined {
  const own = new Set(node.body.body.map((member) => partOf(member, names)));
  if (own.has('WORKFLOW_SERIALIZE') && own.has('WORKFLOW_DESERIALIZE')) {
    return { kind: 'stored', needed: true };
  }
  return node.superClass ? inherited(unwrap(node.superClass), names) : undefined;
}

/** What a class is by what it extends; classes of other files of the app are known by their name only. */
function inherited(base: Node, { references, found }: Names): Trait | undefined {
  const member = base.type === 'MemberExpression' && !base.computed ? base : undefined;
  const use = references.get((member?.object ?? base).start);
  if (!use) return undefined;
  if (use.scope === 'global') {
    return !member && BUILTIN_ERRORS.has(use.name) ? { kind: 'error', needed: true } : undefined;
  }
  if (!use.imported) {
    const site = member ? undefined : found.get(use.name);
    return site && { kind: site.kind, needed: site.needed };
  }
  const name = member && 'name' in member.property ? member.property.name : importedName(use);
  if (!ERROR_NAME.test(name)) return undefined;
  return { kind: 'error', needed: isOwnModule(use.imported.module) };
}

/** True for the runtime and for files of the app, false for other packages. */
function isOwnModule(specifier: string): boolean {
  return RUNTIME.test(specifier) || RELATIVE.test(specifier);
}

/** True for an import that is an error class of the runtime or the app, by its name. */
export function isErrorImport(use: Reference): boolean {
  return use.imported !== undefined && isOwnModule(use.imported.module) && ERROR_NAME.test(importedName(use));
}

function importedName({ imported, name }: Reference): string {
  return !imported || imported.member === 'default' ? name : imported.member;
}

function partOf(member: Node, names: Names): Part | undefined {
  if (member.type !== 'MethodDefinition' && member.type !== 'PropertyDefinition') return undefined;
  return member.static && member.computed ? symbolOf(unwrap(member.key), names) : undefined;
}

function symbolOf(key: Node, { references, symbols }: Names): Part | undefined {
  if (key.type === 'CallExpression') return symbolFor(key);
  const member = key.type === 'MemberExpression' && !key.computed ? key : undefined;
  const use = references.get((member?.object ?? key).start);
  if (use?.scope !== 'module') return undefined;
  if (!use.imported) return member ? undefined : symbols.get(use.name);
  const name = member && 'name' in member.property ? member.property.name : use.imported.member;
  if (!RUNTIME.test(use.imported.module)) return undefined;
  return [...PARTS.values()].find((part) => part === name);
}

/** The part that `Symbol.for("workflow-serialize")` names. */
function symbolFor(node: Node): Part | undefined {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined;
  const { object, property } = node.callee;
  const isSymbolFor = 'name' in object && object.name === 'Symbol' && 'name' in property;
  const [argument] = node.arguments;
  if (!isSymbolFor || property.name !== 'for' || argument?.type !== 'Literal') return undefined;
  return PARTS.get(argument.value);
}

/** The symbols under names of the module's own, as bundlers leave them: `var A = Symbol.for(...)`. */
function symbolNames(body: readonly Node[]): Map<string, Part> {
  const names = new Map<string, Part>();
  for (const statement of body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations) {
      const part = init ? symbolFor(unwrap(init)) : undefined;
      if (part && id.type === 'Identifier') names.set(id.name, part);
    }
  }
  return names;
}
