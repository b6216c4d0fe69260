import { isBuiltin } from 'node:module';
import type { Node } from 'oxc-parser';
import { walk } from 'oxc-walker';
import { isFunction, type Reference } from './analyze.ts';
import { builtinInWorkflow, type Diagnostic } from './diagnostics.ts';
import { isIdentifierName, literal } from './edit.ts';
import { rootOf } from './effects.ts';
import type { ModuleSites } from './sites.ts';

/** How a module asks for a built-in: by `import`, or by `require` from CommonJS. */
export type BuiltinAccess = 'import' | 'require';

/** The canonical name of a Node built-in, `node:fs` for `fs` too; undefined for any other module. */
export function builtinName(specifier: string): string | undefined {
  if (!isBuiltin(specifier)) return undefined;
  return specifier.startsWith('node:') ? specifier : `node:${specifier}`;
}

/**
 * The stand-in for a Node built-in: every export is a stub that throws, with the import chain, when used.
 *
 * Each is pure, so an import that only steps needed leaves nothing behind. `require` gets an object that makes
 * a stub for any member asked of it. `chain` is the text of an expression.
 */
export function builtinStub(name: string, chain: string, access: BuiltinAccess): string {
  const head = ['import { unavailable } from "perdure:guest";', `const chain = () => ${chain};`];
  const make = (member: string) => `unavailable(${literal(name)}, ${member}, chain())`;
  if (access === 'require') return [...head, requireStub(make)].join('\n');
  const names = exportNames(name);
  const stub = (member: string) =>
    `/*#__PURE__*/ ${make(literal(member)).replace('chain()', '/*#__PURE__*/ chain()')}`;
  const lines = names.map((member, index) => `const stub_${index} = ${stub(member)};`);
  const list = names.map((member, index) => `stub_${index} as ${member}`).join(', ');
  return [...head, ...lines, `export { ${list} };`, `export default ${stub('default')};`].join('\n');
}

/** `module.exports` is the export that bundlers give to `require`; a function, as some built-ins are classes. */
function requireStub(make: (member: string) => string): string {
  return `const exported = new Proxy(function () { return ${make('"default"')}(); }, {
  get: (_, member) => (typeof member === "symbol" || member === "__esModule" ? undefined : ${make('member')}),
});
export { exported as "module.exports" };`;
}

function exportNames(name: string): string[] {
  const real: object | undefined = process.getBuiltinModule(name);
  return Object.keys(real ?? {})
    .filter((key) => key !== 'default' && isIdentifierName(key))
    .sort();
}

/**
 * Calls of Node built-ins that run whenever their workflow does.
 *
 * Only what stands directly in the workflow function counts; a use inside a callback may never happen, and
 * throws when it does.
 */
export function provenBuiltins(module: ModuleSites, allowed: (specifier: string) => boolean): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const references = new Map(module.analysis.references.map((use) => [use.start, use]));
  for (const site of module.sites) {
    if (site.kind !== 'workflow' || !site.node.body) continue;
    for (const call of directCalls(site.node.body)) {
      const root = rootOf(call.callee);
      const use = root && references.get(root.start);
      const name = use?.imported && builtinName(use.imported.module);
      if (!use?.imported || !name || allowed(use.imported.module)) continue;
      problems.push(builtinInWorkflow(module.parsed.spot(call), name, memberText(call.callee, use)));
    }
  }
  return problems;
}

type Call = Extract<Node, { type: 'CallExpression' | 'NewExpression' }>;

function directCalls(body: Node): Call[] {
  const calls: Call[] = [];
  walk(body, {
    enter(node) {
      if (isFunction(node)) this.skip();
      else if (node.type === 'CallExpression' || node.type === 'NewExpression') calls.push(node);
    },
  });
  return calls;
}

function memberText(callee: Node, use: Reference): string {
  if (callee.type === 'MemberExpression' && 'name' in callee.property) return String(callee.property.name);
  return use.imported?.member ?? use.name;
}
