/** A runtime on a memory world with steps declared by the test, and a record of what happened. */
import type { Event, World } from '@perdure/world';
import { createMemoryWorld } from '@perdure/world-memory';
import { createRuntime, type ProgramSource, type Runtime, type RuntimeOptions } from '../src/index.ts';
import { registry, type StepFunction } from '../src/registry.ts';

export interface Harness {
  readonly runtime: Runtime;
  readonly world: World;
  readonly problems: string[];
  run(workflowId: string, ...args: unknown[]): Promise<unknown>;
  events(runId: string): Promise<Event[]>;
  close(): Promise<void>;
}

export function declareSteps(steps: Record<string, (...args: never[]) => unknown>): void {
  for (const [id, fn] of Object.entries(steps)) registry().steps.set(id, { id, fn: fn as StepFunction });
}

export function startHarness(
  program: ProgramSource,
  options: Partial<RuntimeOptions> & { readonly world?: World } = {},
): Harness {
  const world = options.world ?? createMemoryWorld();
  const problems: string[] = [];
  const runtime = createRuntime({
    log: () => undefined,
    report: (problem) => problems.push(problem),
    ...options,
    world,
    program,
  });
  return {
    runtime,
    world,
    problems,
    run: async (workflowId, ...args) => (await runtime.start({ workflowId }, args)).returnValue,
    events: (runId) => world.runs.history(runId),
    async close() {
      await runtime.close({ graceMs: 0 });
      await world.close();
    },
  };
}

/** A promise and the function that settles it. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, open: resolve };
}

/** Calls `look` until it answers something, letting the event loop turn in between. */
export async function until<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
