import type { Analysis } from './analyze.ts';
import { isWrapper } from './parse.ts';
import type { Site } from './sites.ts';

/**
 * Links nested steps that call other nested steps, so that no function has to be captured.
 *
 * A step called in a step is a plain call. What the called one captures is captured by the caller too, and the
 * hoisted caller makes the called one from it.
 */
export function linkSteps(sites: Site[], analysis: Analysis): void {
  const nested = sites.filter((site) => site.kind === 'step' && site.nested);
  for (const site of nested) site.links = nested.filter((other) => isLinked(site, other, analysis));
  const captures = nested.map((site) => [site, ...reachable(site)].flatMap(ownCaptures));
  for (const [index, site] of nested.entries()) site.captured = [...new Set(captures[index])].sort();
}

/** All steps a step may call, through others too, without itself. */
function reachable(site: Site): Site[] {
  const found = new Set([site]);
  for (const entry of found) for (const link of entry.links) found.add(link);
  found.delete(site);
  return [...found];
}

function ownCaptures(site: Site): string[] {
  const names = site.links.map((link) => link.selfName);
  return site.captured.filter((name) => !names.includes(name));
}

function isLinked(site: Site, other: Site, analysis: Analysis): boolean {
  const declared = declaredAt(other);
  if (other === site || declared === undefined || site.ancestors.includes(other.node)) return false;
  const uses = analysis.references.some(
    (use) => use.declaredAt === declared && use.start >= site.node.start && use.end <= site.node.end,
  );
  if (!uses || (other.node.start >= site.node.start && other.node.end <= site.node.end)) return false;
  return other.captured.every((name) => meansOneThing(name, site, analysis));
}

/** False for a name that is declared more than once around the site: it could mean another variable there. */
function meansOneThing(name: string, { item }: Site, analysis: Analysis): boolean {
  const uses = analysis.references.filter(
    (use) => use.name === name && use.start >= item.start && use.end <= item.end,
  );
  return new Set(uses.map((use) => use.declaredAt)).size === 1;
}

/** Where the name of a step is declared, if it can only ever mean this step. */
function declaredAt({ node, ancestors }: Site): number | undefined {
  if (node.type === 'FunctionDeclaration') return node.start;
  const holder = ancestors.findLast((ancestor) => !isWrapper(ancestor));
  const declaration = ancestors.findLast((ancestor) => ancestor.type === 'VariableDeclaration');
  if (holder?.type !== 'VariableDeclarator' || declaration?.kind !== 'const') return undefined;
  return declaration.declarations.includes(holder) ? holder.id.start : undefined;
}
