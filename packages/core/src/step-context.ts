import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from './client.ts';

/** What a step can ask of the runtime that runs it. */
export type StepClient = Client;

/** What a running attempt knows of itself. */
export interface StepContext {
  readonly stepName: string;
  readonly stepId: string;
  /** Milliseconds since the epoch; the same for every attempt. */
  readonly stepCreatedAt: number;
  readonly stepStartedAt: Date;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly workflowName: string;
  readonly workflowRunId: string;
  readonly workflowStartedAt: Date;
  /** Where the app was reached that started to drive the run. */
  readonly url: string;
  readonly encryption: boolean;
  /** Attributes of the run as it was created. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly client: StepClient;
  /** A name for the next run that the body starts: the same for the same call of every attempt. */
  nextChildName(): string;
}

// One storage for the process: a second copy of the package must see the attempts of the first.
const storageKey: symbol = Symbol.for('perdure.step-context');
const shared = globalThis as unknown as Record<symbol, AsyncLocalStorage<StepContext> | undefined>;

function storage(): AsyncLocalStorage<StepContext> {
  shared[storageKey] ??= new AsyncLocalStorage<StepContext>();
  return shared[storageKey];
}

export function runInStep<T>(context: StepContext, body: () => T): T {
  return storage().run(context, body);
}

export function currentStep(): StepContext | undefined {
  return storage().getStore();
}
