/**
 * The functions that host output carries instead of an import: it must work in any module graph, before or
 * after the runtime is loaded, so it knows nothing but the registry on `globalThis`.
 *
 * All are function declarations: they are hoisted, hence usable in circular imports before the module ran.
 */
const REGISTRY =
  'function __perdure_registry() { return globalThis[Symbol.for("perdure.registry")] ??= ' +
  '{ steps: new Map(), workflows: new Map(), files: new Set() }; }';

const MARK =
  'function __perdure_mark(key, id, fn, name) { ' +
  'Object.defineProperty(fn, key, { value: id, configurable: true }); ' +
  'if (name !== undefined && (fn.name === "" || name === "default")) Object.defineProperty(fn, "name", { value: name, configurable: true }); ' +
  'return fn; }';

const STEP =
  'function __perdure_step(id, fn, name, owner) { __perdure_mark("stepId", id, fn, name); ' +
  'const run = owner === undefined ? fn : new Proxy(fn, { apply: (target, _, args) => Reflect.apply(target, owner, args) }); ' +
  '__perdure_registry().steps.set(id, { id, fn: run }); return fn; }';

const BIND = 'function __perdure_bind(id, bind) { __perdure_registry().steps.set(id, { id, bind }); }';

const WORKFLOW =
  'function __perdure_workflow(id, name, file, fn, own, uses) { __perdure_mark("workflowId", id, fn, own); ' +
  '__perdure_mark("workflowUses", uses, fn); ' +
  '__perdure_registry().workflows.set(id, { id, name, file }); return fn; }';

const DIRECT =
  'function __perdure_direct(message) { return Object.assign(new Error(message), ' +
  '{ name: "ContextError", code: "WORKFLOW_CALLED_DIRECTLY" }); }';

/** A method that is called apart from its object; the options set on it hold for it, too. */
const BOUND =
  'function __perdure_bound(fn, self) { return Object.assign((...args) => fn.apply(self, args), fn); }';

/** A class compiled once keeps its id when what was built is compiled again. */
const CLASS =
  'function __perdure_class(id, cls) { ' +
  'if (!Object.hasOwn(cls, "classId")) Object.defineProperty(cls, "classId", { value: id, configurable: true }); ' +
  'if (cls.classId !== id) return; ' +
  '(__perdure_registry().classes ??= new Map()).set(id, cls); }';

const KEEP = 'function __perdure_keep(names) { return names; }';

/** What a module asks of the prelude. */
interface Prelude {
  workflows: boolean;
  classes: boolean;
  bundled: boolean;
}

/** The prelude on one line, so that the lines of the source stay where they are. */
export function hostPrelude({ workflows, classes, bundled }: Prelude): string {
  const parts = [REGISTRY, MARK, STEP, BIND];
  if (workflows) parts.push(WORKFLOW, DIRECT);
  if (classes) parts.push(BOUND, CLASS);
  if (bundled) parts.push(KEEP);
  return parts.join(' ');
}
