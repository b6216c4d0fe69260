import type { Analysis } from './analyze.ts';
import { writtenVariables } from './assignments.ts';
import type { ClassSite } from './classes.ts';
import type { Diagnostic } from './diagnostics.ts';
import * as say from './diagnostics.ts';
import type { ParsedSource } from './parse.ts';
import { belongsTo, type Site } from './sites.ts';

/** What a site is judged by. */
interface Surroundings {
  analysis: Analysis;
  parsed: ParsedSource;
  classes: ClassSite[];
}

/** Everything that is wrong with one site. */
export function checkSite(site: Site, { analysis, parsed, classes }: Surroundings): Diagnostic[] {
  const spot = parsed.spot(site.node);
  const holder = checkHolder(site, spot, classes);
  if (holder) return [holder];
  const { node, name } = site;
  if ('generator' in node && node.generator) return [say.directiveOnGenerator(spot, name, site.kind)];
  if (site.kind === 'step') return checkStep(site, analysis, parsed);
  const problems: Diagnostic[] = [];
  if (!node.async) problems.push(say.workflowNotAsync(spot, name));
  if (site.nested) problems.push(say.workflowNested(spot, name));
  return problems;
}

function checkHolder(site: Site, spot: say.Spot, classes: ClassSite[]): Diagnostic | undefined {
  const { ancestors, kind, name } = site;
  const parent = ancestors.at(-1);
  const member = parent?.type === 'MethodDefinition' || parent?.type === 'Property' ? parent : undefined;
  if (isInstanceStep(site, classes)) return undefined;
  if (member && ['get', 'set', 'constructor'].includes(member.kind)) {
    return say.directiveOnAccessor(spot, name, kind);
  }
  const inClass = parent?.type === 'MethodDefinition' || parent?.type === 'PropertyDefinition';
  if (!inClass || parent.static) return undefined;
  return kind === 'workflow' ? say.workflowOnInstance(spot, name) : say.stepOnInstance(spot, name);
}

/** True for a step whose `this` can cross: a method or getter of a class that makes data of its instances. */
function isInstanceStep({ kind, shape, ancestors }: Site, classes: ClassSite[]): boolean {
  const parent = ancestors.at(-1);
  if (kind !== 'step' || shape !== 'instance' || parent?.type !== 'MethodDefinition') return false;
  const owner = ancestors.at(-3);
  const stored = classes.some((site) => site.kind === 'stored' && site.node === owner);
  return stored && (parent.kind === 'method' || parent.kind === 'get');
}

function checkStep(site: Site, analysis: Analysis, parsed: ParsedSource): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const { node, name } = site;
  const untouched = !site.nested && ['static', 'instance', 'declaration'].includes(site.shape);
  for (const use of analysis.receivers) {
    if (!belongsTo(use, node)) continue;
    const spot = parsed.spot(use);
    if (use.word === 'arguments' && site.nested) problems.push(say.stepUsesArguments(spot, name));
    if (use.word === 'super' && !untouched) problems.push(say.stepUsesSuper(spot, name));
    if (use.word === 'this' && !untouched) problems.push(say.stepUsesThis(spot, name));
  }
  // A step within a step is called where it stands.
  if (site.nested && !site.inStep) problems.push(...lostAssignments(site, analysis, parsed));
  return problems;
}

/** Assignments to what a hoisted step has as a copy. */
function lostAssignments(
  { node, name, captured }: Site,
  analysis: Analysis,
  parsed: ParsedSource,
): Diagnostic[] {
  const uses = new Map(analysis.references.map((use) => [use.start, use]));
  const isCaptured = (start: number) => {
    const use = uses.get(start);
    const outside = use && (use.declaredAt < node.start || use.declaredAt >= node.end);
    return outside && use.scope === 'local' && captured.includes(use.name);
  };
  return writtenVariables(node)
    .filter(({ start }) => isCaptured(start))
    .map((written) => say.stepAssignsCapture(parsed.spot(written), name, written.name));
}
