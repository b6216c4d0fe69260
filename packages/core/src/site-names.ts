/** Ids of workflows, steps and classes: `{workflow|step|class}//{path}//{name}`, the same from the same source everywhere. */
import { siteNameInvalid } from './messages.ts';

export type SiteKind = 'workflow' | 'step' | 'class';

export interface SiteName {
  readonly kind: SiteKind;
  /** Of the module, without its extension, in the app or, after a package's name, in that package. */
  readonly path: string;
  /** Of the function or class, after what encloses it: `outer/inner`, `A#method`. */
  readonly name: string;
}

const charactersMax = 1_024;

function parse(kind: SiteKind, id: unknown): SiteName {
  const text = typeof id === 'string' && id.length <= charactersMax ? id : '';
  const begin = `${kind}//`;
  const split = text.lastIndexOf('//');
  const path = text.slice(begin.length, Math.max(split, begin.length));
  const name = text.slice(split + 2);
  if (!text.startsWith(begin) || path === '' || name === '' || path.includes('//'))
    throw siteNameInvalid(kind, id);
  return { kind, path, name };
}

/** Throws NAME_INVALID. */
export function parseWorkflowName(id: string): SiteName {
  return parse('workflow', id);
}

/** Throws NAME_INVALID. */
export function parseStepName(id: string): SiteName {
  return parse('step', id);
}

/** Throws NAME_INVALID. */
export function parseClassName(id: string): SiteName {
  return parse('class', id);
}

/** The part of an id that a person calls a workflow or step by; of any other text all of it. */
export function shortName(id: string): string {
  return id.split('//').at(-1) || id;
}
