/**
 * The projection of a history: run, steps, hooks and waits as they are after its last event.
 *
 * `apply` is the only writer of a projection, so every World and every reader agrees on what a history
 * means. It refuses what no history may hold (W1, W4, L4) and is constant in time per event. A projection
 * holds no payload: those are found in the history by version.
 */
import { historyInvalid, type WorldError } from './errors.ts';
import type { Event, EventOf, PauseReason } from './event.ts';
import { isTerminal } from './event.ts';

export type RunStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

export interface RunProjection {
  readonly runId: string;
  readonly workflowName: string;
  /** Hash of the program the run is pinned to. */
  readonly program: string;
  status: RunStatus;
  /** Number of events in the history. */
  version: number;
  readonly createdAt: number;
  startedAt?: number;
  completedAt?: number;
  /** Creation time of the last event. */
  updatedAt: number;
  pauseReason?: PauseReason;
  errorCode?: string;
  cancelReason?: string;
}

export interface StepProjection {
  readonly correlationId: string;
  readonly stepName: string;
  status: 'pending' | 'running' | 'retrying' | 'completed' | 'failed';
  attempt: number;
  readonly createdAt: number;
  startedAt?: number;
  completedAt?: number;
  retryAt?: number;
  /** Worker of the last attempt. */
  worker?: string;
}

export interface HookProjection {
  readonly correlationId: string;
  readonly token: string;
  status: 'live' | 'disposed' | 'conflict';
  received: number;
  readonly createdAt: number;
  /** The run that has the token, when the claim lost to it. */
  ownerRunId?: string;
}

export interface WaitProjection {
  readonly correlationId: string;
  readonly resumeAt: number;
  status: 'waiting' | 'completed';
  readonly createdAt: number;
}

export interface Projection {
  readonly run: RunProjection;
  readonly steps: Map<string, StepProjection>;
  readonly hooks: Map<string, HookProjection>;
  readonly waits: Map<string, WaitProjection>;
  /** Versions of the events that entered by `send`, by their key. */
  readonly keys: Map<string, number>;
}

export function isEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Projection of a whole history; undefined for an empty one. */
export function fold(history: Iterable<Event>): Projection | undefined {
  let projection: Projection | undefined;
  for (const event of history) {
    if (projection) apply(projection, event);
    else projection = begin(event);
  }
  return projection;
}

/** The projection that a first event makes; it must be `run_created` at version 1. */
export function begin(event: Event): Projection {
  if (event.eventType !== 'run_created' || event.version !== 1) {
    throw historyInvalid(
      event.runId,
      `expected run_created at version 1, got ${event.eventType} at ${event.version}`,
    );
  }
  return {
    run: {
      runId: event.runId,
      workflowName: event.eventData.workflowName,
      program: event.eventData.program,
      status: 'pending',
      version: 1,
      createdAt: event.createdAt,
      updatedAt: event.createdAt,
    },
    steps: new Map(),
    hooks: new Map(),
    waits: new Map(),
    keys: new Map(),
  };
}

/**
 * Adds one event to a projection, in place.
 *
 * Throws `WorldError` HISTORY_INVALID, before changing anything, when the event cannot follow.
 */
export function apply(projection: Projection, event: Event): void {
  const { run } = projection;
  const refuse: Refuse = (problem) =>
    historyInvalid(run.runId, `${event.eventType} at version ${event.version}: ${problem}`);
  if (event.runId !== run.runId) throw refuse(`it belongs to run ${event.runId}`);
  if (event.version !== run.version + 1) throw refuse(`expected version ${run.version + 1}`);
  if (isEnded(run.status)) throw refuse(`the run is ${run.status}`);
  if (event.createdAt < run.updatedAt) throw refuse(`its time ${event.createdAt} is before ${run.updatedAt}`);
  if (event.key !== undefined && projection.keys.has(event.key))
    throw refuse(`its key ${event.key} was used`);
  const prefix = event.eventType.slice(0, 4);
  if (prefix === 'step') applyStep(projection, event as StepEvent, refuse);
  else if (prefix === 'wait') applyWait(projection, event as WaitEvent, refuse);
  else if (prefix === 'hook') applyHook(projection, event as HookEvent, refuse);
  else applyRun(run, event as RunEvent, refuse);
  if (event.key !== undefined) projection.keys.set(event.key, event.version);
  run.version = event.version;
  run.updatedAt = event.createdAt;
  if (isTerminal(event.eventType)) {
    run.completedAt = event.createdAt;
    delete run.pauseReason;
  }
}

type Refuse = (problem: string) => WorldError;
type RunEvent = Extract<Event, { eventType: `run_${string}` }>;
type StepEvent = Extract<Event, { eventType: `step_${string}` }>;
type WaitEvent = Extract<Event, { eventType: `wait_${string}` }>;
type HookEvent = Extract<Event, { eventType: `hook_${string}` }>;

function applyRun(run: RunProjection, event: RunEvent, refuse: Refuse): void {
  switch (event.eventType) {
    case 'run_created':
      throw refuse('the run was created before');
    case 'run_started':
      if (run.startedAt !== undefined) throw refuse('the run was started before');
      run.status = 'running';
      run.startedAt = event.createdAt;
      return;
    case 'run_paused':
      run.status = 'paused';
      run.pauseReason = event.eventData.reason;
      return;
    case 'run_resumed':
      if (run.status !== 'paused') throw refuse(`the run is ${run.status}, not paused`);
      run.status = run.startedAt === undefined ? 'pending' : 'running';
      delete run.pauseReason;
      return;
    case 'run_completed':
      run.status = 'completed';
      return;
    case 'run_failed':
      run.status = 'failed';
      run.errorCode = event.eventData.errorCode;
      return;
    case 'run_cancelled':
      run.status = 'cancelled';
      if (event.eventData.reason !== undefined) run.cancelReason = event.eventData.reason;
      return;
  }
}

function applyStep(projection: Projection, event: StepEvent, refuse: Refuse): void {
  const id = event.correlationId;
  if (id === undefined) throw refuse('it has no correlation id');
  const step = projection.steps.get(id);
  if (event.eventType === 'step_created') {
    if (step) throw refuse(`${id} was created before`);
    projection.steps.set(id, {
      correlationId: id,
      stepName: event.eventData.stepName,
      status: 'pending',
      attempt: 0,
      createdAt: event.createdAt,
    });
    return;
  }
  if (!step) throw refuse(`${id} was not created`);
  if (step.status === 'completed' || step.status === 'failed') throw refuse(`${id} is ${step.status}`);
  if (event.eventType === 'step_started') startStep(step, event, refuse);
  else if (event.eventType === 'step_retrying') {
    if (step.status !== 'running') throw refuse(`${id} has no attempt that runs`);
    step.status = 'retrying';
    step.retryAt = event.eventData.retryAt;
  } else {
    step.status = event.eventType === 'step_completed' ? 'completed' : 'failed';
    step.completedAt = event.createdAt;
    delete step.retryAt;
  }
}

function startStep(step: StepProjection, event: EventOf<'step_started'>, refuse: Refuse): void {
  if (event.eventData.attempt !== step.attempt + 1) {
    throw refuse(`expected attempt ${step.attempt + 1}, got ${event.eventData.attempt}`);
  }
  step.status = 'running';
  step.attempt = event.eventData.attempt;
  step.worker = event.eventData.worker;
  step.startedAt ??= event.createdAt;
  delete step.retryAt;
}

function applyWait(projection: Projection, event: WaitEvent, refuse: Refuse): void {
  const id = event.correlationId;
  if (id === undefined) throw refuse('it has no correlation id');
  const wait = projection.waits.get(id);
  if (event.eventType === 'wait_created') {
    if (wait) throw refuse(`${id} was created before`);
    const { resumeAt } = event.eventData;
    projection.waits.set(id, { correlationId: id, resumeAt, status: 'waiting', createdAt: event.createdAt });
    return;
  }
  if (wait?.status !== 'waiting') throw refuse(`${id} does not wait`);
  wait.status = 'completed';
}

function applyHook(projection: Projection, event: HookEvent, refuse: Refuse): void {
  const id = event.correlationId;
  if (id === undefined) throw refuse('it has no correlation id');
  const hook = projection.hooks.get(id);
  if (event.eventType === 'hook_created' || event.eventType === 'hook_conflict') {
    if (hook) throw refuse(`${id} was created before`);
    projection.hooks.set(id, {
      correlationId: id,
      token: event.eventData.token,
      status: event.eventType === 'hook_created' ? 'live' : 'conflict',
      received: 0,
      createdAt: event.createdAt,
      ...(event.eventType === 'hook_conflict' ? { ownerRunId: event.eventData.ownerRunId } : {}),
    });
    return;
  }
  if (hook?.status !== 'live') throw refuse(`${id} is not a live hook`);
  if (event.eventType === 'hook_received') hook.received += 1;
  else hook.status = 'disposed';
}
