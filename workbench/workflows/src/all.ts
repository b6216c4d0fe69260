/** Every file of workflows, by the name that the suite calls it by from outside. */
import * as abort from './abort.ts';
import * as attributes from './attributes.ts';
import * as children from './children.ts';
import * as classes from './classes.ts';
import * as errors from './errors.ts';
import * as fetches from './fetches.ts';
import * as givenStreams from './given-streams.ts';
import * as hooks from './hooks.ts';
import * as offers from './offers.ts';
import * as recovery from './recovery.ts';
import * as references from './references.ts';
import * as runaway from './runaway.ts';
import * as steps from './steps.ts';
import * as streams from './streams.ts';
import * as time from './time.ts';
import * as webhooks from './webhooks.ts';

const modules: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  abort,
  attributes,
  children,
  classes,
  errors,
  fetches,
  givenStreams,
  hooks,
  offers,
  recovery,
  references,
  runaway,
  steps,
  streams,
  time,
  webhooks,
};

type HostFunction = (...args: never[]) => unknown;

/** Name of a function that one of the files exports, as `file/export`. */
export function nameOf(fn: HostFunction): string {
  for (const [file, exports] of Object.entries(modules)) {
    for (const [name, value] of Object.entries(exports)) if (value === fn) return `${file}/${name}`;
  }
  throw new RangeError(`Expected a function that a workflow file exports, got ${fn.name}.`);
}

export function functionNamed(name: string): HostFunction {
  const [file = '', exported = ''] = name.split('/');
  const exports = Object.hasOwn(modules, file) ? modules[file]! : {};
  const found = Object.hasOwn(exports, exported) ? exports[exported] : undefined;
  if (typeof found !== 'function') throw new RangeError(`Expected file/export, got ${JSON.stringify(name)}.`);
  return found as HostFunction;
}
