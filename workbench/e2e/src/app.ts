/** What a case drives: one app with the shared workflows, in process or over HTTP. */
import type { Event } from '@perdure/world';
import type { HookInfo, Run, StartOptions, Workflow, WorkflowReference } from 'perdure/api';
import type { Health } from 'perdure/runtime';

export interface App {
  start<Args extends unknown[], R>(
    workflow: Workflow<Args, R> | WorkflowReference,
    args: Args,
    options?: StartOptions,
  ): Promise<Run<R>>;
  getRun<R = unknown>(runId: string): Run<R>;
  resumeHook(token: string, payload: unknown, options?: { readonly id?: string }): Promise<unknown>;
  getHookByToken(token: string): Promise<HookInfo>;
  /** Calls a function that a workflow file exports, as host code of the app would. */
  onHost<Args extends unknown[], R>(fn: (...args: Args) => R | Promise<R>, args: Args): Promise<R>;
  /** Sends a request to the app's HTTP routes, whatever the origin of the URL; 404 where there is none. */
  request(url: string, init?: RequestInit): Promise<Response>;
  health(): Promise<Health>;
  history(runId: string): Promise<Event[]>;
  /** Resolves when `holds` is true of the history of a run. */
  until(runId: string, holds: (history: readonly Event[]) => boolean): Promise<void>;
  /** A token that no other case has. */
  token(name: string): string;
}

export interface Case {
  readonly name: string;
  /** A text in everything that the app reports meanwhile, where it should report something. Default: it reports nothing. */
  readonly reports?: string;
  /**
   * `fixed` (default): the same events in the same order every time; `timed`: the clock decides their order;
   * `contended`: it decides how often something is tried, too.
   */
  readonly order?: 'fixed' | 'timed' | 'contended';
  play(app: App): Promise<void>;
}

/** How many events of a type a history has. */
export function count(history: readonly Event[], type: Event['eventType']): number {
  return history.filter(({ eventType }) => eventType === type).length;
}
