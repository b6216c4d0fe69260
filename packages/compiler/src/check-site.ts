import type { Analysis } from './analyze.ts';
import type { Diagnostic } from './diagnostics.ts';
import * as say from './diagnostics.ts';
import type { ParsedSource } from './parse.ts';
import { belongsTo, type Site } from './sites.ts';

/** Everything that is wrong with one site. */
export function checkSite(site: Site, analysis: Analysis, parsed: ParsedSource): Diagnostic[] {
  const spot = parsed.spot(site.node);
  const holder = checkHolder(site, spot);
  if (holder) return [holder];
  const { node, name } = site;
  if ('generator' in node && node.generator) return [say.directiveOnGenerator(spot, name, site.kind)];
  if (site.kind === 'step') return checkStep(site, analysis, parsed);
  const problems: Diagnostic[] = [];
  if (!node.async) problems.push(say.workflowNotAsync(spot, name));
  if (site.nested) problems.push(say.workflowNested(spot, name));
  return problems;
}

function checkHolder({ ancestors, kind, name }: Site, spot: say.Spot): Diagnostic | undefined {
  const parent = ancestors.at(-1);
  const member = parent?.type === 'MethodDefinition' || parent?.type === 'Property' ? parent : undefined;
  if (member && ['get', 'set', 'constructor'].includes(member.kind)) {
    return say.directiveOnAccessor(spot, name, kind);
  }
  const inClass = parent?.type === 'MethodDefinition' || parent?.type === 'PropertyDefinition';
  if (!inClass || parent.static) return undefined;
  return kind === 'workflow' ? say.workflowOnInstance(spot, name) : say.stepOnInstance(spot, name);
}

function checkStep(site: Site, analysis: Analysis, parsed: ParsedSource): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const { node, name } = site;
  const untouched = !site.nested && (site.shape === 'static' || site.shape === 'declaration');
  for (const use of analysis.receivers) {
    if (!belongsTo(use, node)) continue;
    const spot = parsed.spot(use);
    if (use.word === 'arguments' && site.nested) problems.push(say.stepUsesArguments(spot, name));
    if (use.word === 'super' && !untouched) problems.push(say.stepUsesSuper(spot, name));
    if (use.word === 'this' && !untouched) problems.push(say.stepUsesThis(spot, name));
  }
  return problems;
}
