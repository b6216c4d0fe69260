import type { Node } from 'oxc-parser';
import { isFunction, type Reference } from './analyze.ts';
import { type ClassSite, isErrorImport } from './classes.ts';
import { effectTargets } from './effects.ts';
import { type ExportedName, type Item, isIn, moduleItems } from './module-items.ts';
import { unwrap } from './parse.ts';
import type { ModuleSites } from './sites.ts';

/** What of a module the program needs. */
export interface Reach {
  items: Item[];
  live: Set<Item>;
  exported: ExportedName[];
  /** Exports whose items are dropped, unless the program turns out to use them. */
  pruned: ExportedName[];
}

/**
 * Finds which statements of a directive file the program needs: what its workflows, its classes that cross and the
 * demanded exports use once step bodies are gone, and statements that act on such things.
 *
 * Everything else goes, side effects included: a pool, a server or a client made at module level belongs to
 * the steps, and must not run (nor be bundled) where workflows run.
 */
export function reach(module: ModuleSites, demand: ReadonlySet<string>): Reach {
  const { items, exported } = moduleItems(module);
  const state: State = { module, items, live: new Set(), byName: new Map(), references: new Map() };
  for (const item of items) for (const name of item.declares) state.byName.set(name, item);
  for (const use of module.analysis.references) state.references.set(use.start, use);
  for (const item of items) {
    const root =
      item.sites.some((site) => site.kind === 'workflow') ||
      module.classes.some((site) => isIn(site.node, item.node) && isKeptUnused(site, item, state));
    if (root || item.kind === 'step' || item.kind === 'fixed') enliven(item, state);
  }
  for (const { name, item, local } of exported) {
    if (!demand.has(name)) continue;
    const target = local === undefined ? item : (state.byName.get(local) ?? item);
    enliven(target, state);
  }
  while (items.some((item) => item.kind === 'effect' && !state.live.has(item) && revive(item, state)));
  const pruned = exported.filter((entry) => !isKept(entry, { ...state, demand }));
  return { items, live: state.live, exported, pruned };
}

/**
 * True for a class that stays though nothing names it.
 *
 * Without its class a stored instance cannot be revived, but an error can: it is dropped if it would bring more than
 * itself and the errors it extends.
 */
function isKeptUnused({ needed, kind }: ClassSite, item: Item, state: State): boolean {
  return needed && (kind === 'stored' || bringsLittle(item, state, new Set()));
}

function bringsLittle(item: Item, state: State, seen: Set<Item>): boolean {
  if (seen.has(item)) return true;
  seen.add(item);
  return usesOf(item, state).every((use) => {
    const owner = state.byName.get(use.name);
    return owner?.kind === 'import' ? isErrorImport(use) : !owner || bringsLittle(owner, state, seen);
  });
}

interface State {
  module: ModuleSites;
  items: Item[];
  live: Set<Item>;
  byName: Map<string, Item>;
  references: Map<number, Reference>;
}

function isKept(
  { item, local, name }: ExportedName,
  state: State & { demand: ReadonlySet<string> },
): boolean {
  if (item.kind === 'reexports') return state.demand.has(name);
  const target = local === undefined ? item : (state.byName.get(local) ?? item);
  return state.live.has(item) || state.live.has(target);
}

function enliven(item: Item, state: State): void {
  if (state.live.has(item)) return;
  state.live.add(item);
  for (const use of usesOf(item, state)) {
    const target = state.byName.get(use.name);
    if (target) enliven(target, state);
  }
}

/** The module-level names an item uses, but for what its step bodies and the options of its hooks use. */
function usesOf(item: Item, { module }: State): Reference[] {
  const steps = module.sites.filter((site) => site.kind === 'step').map(({ node }) => node);
  const gone = [...steps, ...module.hookArguments];
  return module.analysis.references.filter(
    (use) => use.scope === 'module' && isIn(use, item.node) && !gone.some((part) => isIn(use, part)),
  );
}

/** Keeps a statement that acts on something live; true when it did. */
function revive(item: Item, state: State): boolean {
  const kept = actsOnLive(item.node, { item, state, seen: new Set() });
  if (kept) enliven(item, state);
  return kept;
}

interface Acting {
  item: Item;
  state: State;
  /** Functions that were looked into already. */
  seen: Set<Item>;
}

function actsOnLive(node: Node, acting: Acting): boolean {
  const { item, state } = acting;
  return effectTargets(node).some((target) => {
    const use = state.references.get(target.start);
    if (use && use.scope !== 'module') return false;
    const owner = state.byName.get(target.name);
    if (!owner) return false;
    if (!state.live.has(owner)) return target.role === 'callee' && callActsOnLive(owner, acting);
    if (target.role === 'assigned') return owner.kind === 'step' ? isSelfContained(item, state) : true;
    if (owner.sites.length > 0) return false;
    if (target.role === 'argument') return owner.holdsData;
    return target.role === 'receiver' || owner.kind === 'declaration';
  });
}

/** True for a call of a function of this module that fills live data, as in `let config; load();`. */
function callActsOnLive(owner: Item, acting: Acting): boolean {
  const { node } = owner;
  const called = node.type === 'VariableDeclarator' && node.init ? unwrap(node.init) : node;
  if (!isFunction(called) || called.async || owner.sites.length > 0 || acting.seen.has(owner)) return false;
  acting.seen.add(owner);
  return actsOnLive(called, acting);
}

/** Options set on a step reach the program only if they need nothing else: `retryIf` and its imports stay out. */
function isSelfContained(item: Item, state: State): boolean {
  return usesOf(item, state).every((use) => {
    const owner = state.byName.get(use.name);
    return owner !== undefined && state.live.has(owner);
  });
}
