/**
 * The guest's door: what compiled programs import as `perdure:guest`, and how the host enters.
 *
 * The host writes the slot and runs `__perdure.turn()` as a script; when that script returns, every microtask has
 * drained (E1) and `commands` holds what the program asks for. Nothing else crosses (E2).
 */
// First: classes that are disposable are made with these.
import './symbols.ts';
import './globals.ts';
import './abort.ts';
import './run-handle.ts';
import './stream-handles.ts';
import './webhook.ts';
import { builtinInWorkflow, turnBudgetExceeded } from '../messages.ts';
import type { StoredClass } from '../payload/codec.ts';
import { overBudget, resetBudget } from './budget.ts';
import { failRun } from './run-end.ts';
import {
  classes,
  clock,
  codec,
  commands,
  earlyAborts,
  endChild,
  init,
  issue,
  logs,
  mergeAttributes,
  pending,
  slot,
  workflows,
} from './state.ts';

export { tick } from './budget.ts';
export { step } from './step-proxy.ts';

/** Called by the program for each workflow it holds. */
export function registerWorkflow(id: string, workflow: (...args: unknown[]) => unknown): void {
  workflows.set(id, workflow);
  if (!Object.hasOwn(workflow, 'workflowId')) Object.defineProperty(workflow, 'workflowId', { value: id });
}

/** Called by the program for each class whose instances cross: an Error, or one with the two methods of serde.ts. */
export function registerClass(id: string, cls: StoredClass): void {
  classes.set(id, cls);
  if (!Object.hasOwn(cls, 'classId')) Object.defineProperty(cls, 'classId', { value: id });
}

/** Stands for a member of a Node built-in; throws when used, naming the import chain. */
export function unavailable(module: string, member: string, chain: string[]): unknown {
  const fail = (): never => {
    throw builtinInWorkflow(module, member, chain);
  };
  // A function, so that it can stand where a class is extended; only then is its prototype looked at.
  const target = function unavailableMember() {};
  const get = (_: unknown, key: string | symbol): unknown =>
    key === 'prototype' ? target.prototype : fail();
  return new Proxy(target, { get, set: fail, apply: fail, construct: fail, has: fail });
}

const isPrimitive = (value: unknown): boolean =>
  value === null || (typeof value !== 'object' && typeof value !== 'function');

/** The value of the event's payload; says in the slot whether it is a primitive that may be remembered. */
function hydrate(): unknown {
  if (slot.hasValue) return slot.value;
  if (slot.text === undefined) return undefined;
  const value = codec.parse(slot.text);
  if (isPrimitive(value)) {
    slot.value = value;
    slot.hasValue = true;
  }
  return value;
}

function describe(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'an error that cannot be shown';
  }
}

function complete(value: unknown): void {
  let text: string;
  try {
    text = codec.stringify(value);
  } catch (problem) {
    failRun(problem);
    return;
  }
  issue('complete-run', '', '', { text });
}

async function __perdure_start(input: unknown): Promise<void> {
  clock.startedAt = slot.time;
  init.publicUrl = slot.detail ?? init.publicUrl;
  const { args } = input as { args: unknown[] };
  const workflow = workflows.get(init.workflowName)!;
  try {
    complete(await workflow(...args));
  } catch (error) {
    failRun(error);
  }
}

function turn(): void {
  resetBudget();
  let value: unknown;
  try {
    value = hydrate();
  } catch (error) {
    slot.failure = describe(error);
    return;
  }
  if (slot.kind === 'run_started') void __perdure_start(value);
  else if (slot.kind === 'child_completed') endChild(slot.detail!, value);
  else if (slot.kind === 'attr_set') mergeAttributes(slot.detail!);
  else if (slot.kind === 'abort_requested' && !pending.has(slot.id)) earlyAborts.set(slot.id, [value]);
  else pending.get(slot.id)?.settle(slot.kind, value);
}

/** Ends a run whose turn spent its budget, when its code swallowed the error. */
function endOverspent(): void {
  if (!commands.some(({ kind }) => kind === 'complete-run' || kind === 'fail-run'))
    failRun(turnBudgetExceeded(init.turnBudget));
}

function hasSignals(): boolean {
  return [...pending.keys()].some((id) => id.startsWith('abrt_'));
}

const door: object = Object.freeze({
  slot,
  commands,
  logs,
  workflows,
  turn,
  overBudget,
  hasSignals,
  endOverspent,
});
Object.defineProperty(globalThis, '__perdure', { value: door });
// What the host left here has been read: the seed is nobody's business.
for (const name of ['__perdure_init', '__perdure_env'])
  delete (globalThis as unknown as Record<string, unknown>)[name];
