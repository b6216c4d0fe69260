import type { Plugin, PluginContext } from 'rolldown';
import { type BuiltinAccess, builtinName, builtinStub, provenBuiltins } from './builtins.ts';
import { CompileError } from './diagnostics.ts';
import { literal } from './edit.ts';
import { type GuestWorkflow, transformGuest } from './guest.ts';
import type { GuestOptions } from './guest-bundle.ts';
import { PRUNED } from './guest-prune.ts';
import { HOOK_TEXT } from './hook-definitions.ts';
import { displayPath, isInstalled } from './identity.ts';
import { TICK } from './instrument.ts';
import { parseSource, SITE_TEXT } from './parse.ts';
import { findSites, type ModuleSites } from './sites.ts';

const GUEST = 'perdure:guest';
const CLOCK = '\0perdure:tick';
const BUILTIN = '\0perdure:builtin|';
const MODULE = '\0perdure:module|';
const CHAIN = '__perdure_chain:';

/** The module that a program is built from. */
export const ENTRY = '\0perdure:entry';

/** What one build of a program knows and gathers. */
export interface ProgramState {
  root: string;
  entries: string[];
  guest: GuestOptions;
  /** What stands for the guest's modules, by their absolute paths. */
  guestModules: Map<string, string>;
  /** Exports of directive files that are used outside of them, by the file's path in ids. */
  demand: Map<string, Set<string>>;
  /** Parsed directive files by absolute path, kept from one round to the next. */
  modules: Map<string, ModuleSites>;
  /** The workflows of each transformed file. */
  workflows: Map<string, GuestWorkflow[]>;
  failures: Map<string, CompileError>;
  /** Specifiers that did not resolve, with the file that asked for them. */
  unresolved: Map<string, string>;
  /** Import chains by the id of a built-in's stand-in, importer first. */
  chains: Map<string, string[]>;
  /** Every file that became part of the program. */
  files: Set<string>;
}

/** The rolldown plugin that makes a program out of the modules of an app. */
export function programPlugin(state: ProgramState): Plugin {
  return {
    name: 'perdure-program',
    resolveId(source, importer, { kind }) {
      const access = kind === 'require-call' ? 'require' : 'import';
      return resolveSpecial(source, { importer, access, state });
    },
    async load(id) {
      return await loadSpecial(id, state, this);
    },
    transform(code, id) {
      const file = fileOf(id);
      if (file.startsWith('\0')) return null;
      state.files.add(file);
      if (!SITE_TEXT.test(code) && !HOOK_TEXT.test(code)) return null;
      const module = parsedModule(code, file, state);
      if (!module || isOrdinary(module)) return null;
      const result = transformGuest(module, { demand: state.demand.get(module.path) ?? new Set() });
      state.workflows.set(file, result.workflows);
      const needed = module.classes.some((site) => site.needed);
      // A class that is only registered has no user that tree shaking knows of.
      return { code: result.code, map: result.map.toString(), ...(needed && { moduleSideEffects: true }) };
    },
    generateBundle() {
      state.chains = importChains(this, state);
    },
  };
}

function isOrdinary({ sites, classes, hookArguments }: ModuleSites): boolean {
  return sites.length + classes.length + hookArguments.length === 0;
}

function fileOf(id: string): string {
  return id.replace(/[?#].*$/, '');
}

interface Request {
  importer: string | undefined;
  access: BuiltinAccess;
  state: ProgramState;
}

function resolveSpecial(source: string, { importer, access, state }: Request): string | undefined {
  if (source === ENTRY || source === CLOCK) return source;
  const own = source === GUEST ? state.guest.entry : state.guest.aliases[source];
  if (own) return `${MODULE}${own}`;
  const builtin = builtinName(source);
  const from = importer ? displayPath(fileOf(importer), state.root) : '';
  return builtin && `${BUILTIN}${builtin}|${access}|${from}`;
}

async function loadSpecial(id: string, state: ProgramState, context: PluginContext): Promise<string | null> {
  if (id === CLOCK) return `import { tick } from "${GUEST}"; ${TICK} = tick;`;
  if (id === ENTRY) return await entryModule(state, context);
  if (id.startsWith(MODULE)) return state.guestModules.get(id.slice(MODULE.length)) ?? null;
  if (!id.startsWith(BUILTIN)) return null;
  const key = id.slice(BUILTIN.length);
  const [name = '', access] = key.split('|');
  return builtinStub(name, `[${literal(`${CHAIN}${key}`)}]`, access === 'require' ? 'require' : 'import');
}

/**
 * Registers the workflows of every entry and keeps its classes; loads the entries first to learn how workflows are
 * exported.
 */
async function entryModule(state: ProgramState, context: PluginContext): Promise<string> {
  const lines = [`import ${literal(CLOCK)};`, `import { registerWorkflow } from "${GUEST}";`];
  const calls: string[] = [];
  for (const file of state.entries) {
    await context.load({ id: file });
    const needed = state.modules.get(file)?.classes.some((site) => site.needed);
    if (needed) lines.push(`import ${literal(file)};`);
    for (const workflow of state.workflows.get(file) ?? []) {
      const name = `workflow_${calls.length}`;
      lines.push(`import { ${workflow.exportName} as ${name} } from ${literal(file)};`);
      calls.push(`registerWorkflow(${literal(workflow.id)}, ${name});`);
    }
  }
  return [...lines, ...calls].join('\n');
}

function parsedModule(code: string, file: string, state: ProgramState): ModuleSites | undefined {
  const known = state.modules.get(file);
  if (known?.parsed.source === code) return known;
  try {
    const module = findSites(parseSource(code, file), { file, root: state.root });
    const allowed = (specifier: string) => specifier in state.guest.aliases;
    const problems = provenBuiltins(module, allowed);
    if (problems.length > 0) throw new CompileError(problems);
    state.modules.set(file, module);
    return module;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    if (error.code !== 'PARSE_FAILED' || !isInstalled(file)) state.failures.set(file, error);
    return undefined;
  }
}

/** For each built-in's stand-in the way to it, by breadth-first search, so that it is the same in every build. */
function importChains(context: PluginContext, state: ProgramState): Map<string, string[]> {
  const parents = new Map<string, string | undefined>([[ENTRY, undefined]]);
  for (const id of parents.keys()) {
    const info = context.getModuleInfo(id);
    for (const next of [...(info?.importedIds ?? []), ...(info?.dynamicallyImportedIds ?? [])]) {
      if (!parents.has(next)) parents.set(next, id);
    }
  }
  const chains = new Map<string, string[]>();
  for (const id of parents.keys()) {
    if (!id.startsWith(BUILTIN)) continue;
    const chain: string[] = [];
    for (let at = parents.get(id); at && at !== ENTRY; at = parents.get(at)) {
      chain.push(displayPath(fileOf(at), state.root));
    }
    chains.set(id.slice(BUILTIN.length), chain);
  }
  return chains;
}

/** Puts the import chains in the place of their markers. */
export function fillChains(code: string, { chains }: ProgramState): string {
  let filled = code;
  for (const [id, chain] of chains) {
    filled = filled.replaceAll(literal(`${CHAIN}${id}`), chain.map(literal).join(', '));
  }
  return filled;
}

/** Reads from a bundle which dropped exports it uses; true when the build must be done again with them. */
export function noteDemand(code: string, { demand }: ProgramState): boolean {
  let grew = false;
  for (const [, path = '', name = ''] of code.matchAll(new RegExp(`${PRUNED}\\("(.+?)", "(.+?)"\\)`, 'g'))) {
    const names = demand.get(path) ?? new Set();
    grew ||= !names.has(name);
    demand.set(path, names.add(name));
  }
  return grew;
}
