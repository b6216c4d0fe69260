/** What is known after the storm, and what the oracles judge. */
import type { Event } from '@perdure/world';
import type { Plan } from './plan.ts';
import type { Effect } from './witness.ts';
import type { Life } from './worker-process.ts';

/** A payload whose sender was told that it is durable. */
export interface Acknowledged {
  readonly token: string;
  /** The key of its event. */
  readonly key: string;
  readonly payload: number;
}

export interface RunEvidence {
  readonly runId: string;
  readonly plan: Plan;
  readonly history: readonly Event[];
  /** What the run returned; undefined when it did not complete. */
  readonly answer: number | undefined;
  readonly acknowledged: readonly Acknowledged[];
  /** The longest history that the parent saw before. */
  readonly seen: readonly Event[];
  readonly effects: readonly Effect[];
}

/** Processes by id; one of 2^22 ids does not come back within a storm. */
export type Lives = ReadonlyMap<number, Life>;

/** What broke beneath the processes. */
export interface Broken {
  /** Connections that were cut, whatever they were doing. */
  readonly cuts: number;
  /** Connections that were cut between a write and its reply. */
  readonly lostReplies: number;
  /** Connections that the server ended. */
  readonly terminated: number;
  /** Crashes of the server. */
  readonly restarts: number;
}

export interface Evidence {
  readonly runs: readonly RunEvidence[];
  readonly lives: readonly Life[];
  /** Programs by hash. */
  readonly programs: ReadonlyMap<string, string>;
  /** What the parent's calls met, beyond hooks that were not there yet. */
  readonly troubles: readonly string[];
  /** What is wrong with what is stored beside the histories. */
  readonly storeProblems: readonly string[];
  readonly broken: Broken;
}
