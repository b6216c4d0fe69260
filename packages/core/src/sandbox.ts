/**
 * The context a program runs in; the only file that imports `node:vm`'s contexts.
 *
 * A context with its own microtask queue drains it before `runInContext` returns, so that entering by a script
 * makes a turn a plain synchronous call (E1).
 */
import { constants, createContext, Script } from 'node:vm';
import { collectContexts } from './context-garbage.ts';
import type { GuestCommand, Init, Slot } from './guest/state.ts';
import { programBroken } from './messages.ts';
import type { Program } from './program.ts';

interface Door {
  readonly slot: Slot;
  readonly commands: GuestCommand[];
  readonly logs: LogLine[];
  readonly workflows: { has(id: string): boolean; keys(): Iterable<string> };
  overBudget(): boolean;
  hasSignals(): boolean;
}

export interface LogLine {
  readonly level: string;
  readonly text: string;
}

/** One event as it enters: `text` to be parsed inside, or a primitive `value`. */
export interface Delivery {
  readonly kind: string;
  readonly id: string;
  readonly text?: string;
  readonly value?: unknown;
  readonly hasValue: boolean;
  readonly detail?: string;
  readonly time: number;
}

const enter = new Script('__perdure.turn()', { filename: 'perdure:turn' });
const endOverspent = new Script('__perdure.endOverspent()', { filename: 'perdure:turn' });
const none: readonly never[] = Object.freeze([]);

let spare: Record<string, unknown> | undefined;

function makeContext(): Record<string, unknown> {
  return createContext(constants.DONT_CONTEXTIFY, {
    microtaskMode: 'afterEvaluate',
    codeGeneration: { strings: false, wasm: false },
  }) as Record<string, unknown>;
}

/** One is made ahead, while the process waits for what the last one has asked for. */
function takeContext(): Record<string, unknown> {
  const context = spare ?? makeContext();
  spare = undefined;
  setImmediate(() => {
    spare ??= makeContext();
  });
  return context;
}

export class Sandbox {
  readonly #context: object;
  readonly #door: Door;
  readonly #slot: Slot;
  readonly #commands: GuestCommand[];

  /** Throws PROGRAM_BROKEN when the program's module-level code throws. */
  constructor(program: Program, init: Init, env: string) {
    const context = takeContext();
    context.__perdure_init = JSON.stringify(init);
    context.__perdure_env = env;
    try {
      for (const script of program.scripts) script.runInContext(context);
    } catch (error) {
      throw programBroken(program.hash, error);
    }
    this.#context = context;
    this.#door = context.__perdure as Door;
    this.#slot = this.#door.slot;
    this.#commands = this.#door.commands;
    collectContexts();
  }

  hasWorkflow(id: string): boolean {
    return this.#door.workflows.has(id);
  }

  workflowNames(): string[] {
    return [...this.#door.workflows.keys()];
  }

  /** Delivers one event and drains every microtask. Returns why its payload could not be hydrated, if so. */
  turn(delivery: Delivery): string | undefined {
    const slot = this.#slot;
    slot.kind = delivery.kind;
    slot.id = delivery.id;
    slot.text = delivery.text;
    slot.value = delivery.value;
    slot.hasValue = delivery.hasValue;
    slot.detail = delivery.detail;
    slot.time = delivery.time;
    slot.failure = undefined;
    enter.runInContext(this.#context);
    if (this.#door.overBudget()) endOverspent.runInContext(this.#context);
    slot.text = undefined;
    return slot.failure;
  }

  /** The primitive that the last turn hydrated; `undefined` when it hydrated none. */
  hydrated(): { readonly value: unknown } | undefined {
    return this.#slot.hasValue ? { value: this.#slot.value } : undefined;
  }

  /** Whether the program holds signals that others know and nobody has aborted. */
  hasSignals(): boolean {
    return this.#door.hasSignals();
  }

  /** What the program asked for in the last turn, in order, as records that the host may keep. */
  takeCommands(): readonly GuestCommand[] {
    if (this.#commands.length === 0) return none;
    const taken: GuestCommand[] = [];
    for (const { kind, id, name, text, number, detail, stack } of this.#commands) {
      taken.push({ kind, id, name, text, number, detail, stack });
    }
    this.#commands.length = 0;
    return taken;
  }

  takeLogs(): readonly LogLine[] {
    const { logs } = this.#door;
    if (logs.length === 0) return none;
    const taken = Array.from(logs, ({ level, text }) => ({ level: String(level), text: String(text) }));
    logs.length = 0;
    return taken;
  }
}
