/** What the sessions of one process share. */
import type { World } from '@perdure/world';
import type { Admission } from './admission.ts';
import type { AwaitedRuns } from './awaited-runs.ts';
import type { Client } from './client.ts';
import type { Limits } from './limits.ts';
import type { Envelope } from './payload/envelope.ts';
import type { ProgramShelf } from './programs.ts';
import type { StepEntry } from './registry.ts';
import type { ResidentExecutions } from './resident.ts';
import type { LogLine } from './sandbox.ts';
import type { Counters } from './step-consumer.ts';
import type { StepSlots } from './step-slots.ts';

export interface Engine {
  readonly world: World;
  readonly programs: ProgramShelf;
  readonly resident: ResidentExecutions;
  readonly envelope: Envelope;
  readonly counters: Counters;
  readonly slots: StepSlots;
  readonly admission: Admission;
  /** Runs that this process writes streams of. */
  readonly streaming: Set<string>;
  /** Runs that workflows driven here wait for. */
  readonly awaited: AwaitedRuns;
  /** What steps use to start runs and talk to them. */
  readonly client: Client;
  readonly steps: { get(name: string): StepEntry | undefined; keys(): Iterable<string> };
  readonly clock: () => number;
  /** Name of this process as an owner of claims. */
  readonly worker: string;
  readonly turnBudget: number;
  readonly limits: Limits;
  /** Where the app is reached, without a slash at the end. */
  readonly publicUrl: string;
  /** The environment that workflow code sees, as JSON text. */
  readonly env: string;
  /** Whether hydrated results are remembered between replays. */
  readonly hydrationCache: 'on' | 'off';
  /** Shows what a workflow logs, once. */
  readonly log: (runId: string, line: LogLine) => void;
  /** Tells that something outside any run went wrong; never throws. */
  readonly report: (problem: string, error: unknown) => void;
}
