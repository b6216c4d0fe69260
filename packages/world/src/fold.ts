/**
 * The projection of a history: run, steps, hooks, waits and children as they are after its last event.
 *
 * `apply` is the only writer of a projection, so every World and every reader agrees on what a history
 * means. It refuses what no history may hold (W1, W4, L4) and is constant in time per event. A projection
 * holds no payload: those are found in the history by version.
 */

import { mergeAttributes } from './attributes.ts';
import { historyInvalid } from './errors.ts';
import { type Event, type EventOf, isTerminal } from './event.ts';
import { applyStep, type Refuse } from './fold-step.ts';
import { type HookProjection, isEnded, type Projection, type RunProjection } from './projection.ts';

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
  const { workflowName, program, parentRunId, rootRunId, key, attributes } = event.eventData;
  return {
    run: {
      runId: event.runId,
      workflowName,
      program,
      ...(parentRunId === undefined ? {} : { parentRunId }),
      ...(rootRunId === undefined ? {} : { rootRunId }),
      ...(key === undefined ? {} : { key }),
      status: 'pending',
      version: 1,
      createdAt: event.createdAt,
      updatedAt: event.createdAt,
      attributes: { ...attributes },
    },
    steps: new Map(),
    hooks: new Map(),
    waits: new Map(),
    children: new Map(),
    keys: new Map(),
    once: new Map(),
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
  change(projection, event, refuse);
  if (event.key !== undefined) projection.keys.set(event.key, event.version);
  run.version = event.version;
  run.updatedAt = event.createdAt;
  if (isTerminal(event.eventType)) {
    run.completedAt = event.createdAt;
    delete run.pauseReason;
  }
}

function change(projection: Projection, event: Event, refuse: Refuse): void {
  switch (event.eventType) {
    case 'step_created':
    case 'step_offered':
    case 'step_started':
    case 'step_retrying':
    case 'step_returned':
    case 'step_completed':
    case 'step_failed':
      applyStep(projection, event, refuse);
      break;
    case 'wait_created':
    case 'wait_completed':
      applyWait(projection, event, refuse);
      break;
    case 'hook_created':
    case 'hook_conflict':
    case 'hook_received':
    case 'hook_disposed':
      applyHook(projection, event, refuse);
      break;
    case 'child_started':
    case 'child_completed':
      applyChild(projection, event, refuse);
      break;
    case 'abort_requested':
      onlyOnce(projection, event, refuse);
      break;
    case 'attr_set':
      projection.run.attributes = mergeAttributes(projection.run.attributes, event.eventData.attributes);
      break;
    default:
      applyRun(projection.run, event, refuse);
  }
}

type RunEvent = Extract<Event, { eventType: `run_${string}` }>;
type WaitEvent = Extract<Event, { eventType: `wait_${string}` }>;
type HookEvent = Extract<Event, { eventType: `hook_${string}` }>;
type ChildEvent = Extract<Event, { eventType: `child_${string}` }>;

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
      if (run.status !== 'paused' && event.eventData.program === undefined)
        throw refuse(`the run is ${run.status}, not paused`);
      if (event.eventData.program !== undefined) run.program = event.eventData.program;
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
    projection.hooks.set(id, hookOf(id, event));
    return;
  }
  if (hook?.status !== 'live') throw refuse(`${id} is not a live hook`);
  if (event.eventType === 'hook_received') hook.received += 1;
  else hook.status = 'disposed';
}

function hookOf(
  correlationId: string,
  event: EventOf<'hook_created'> | EventOf<'hook_conflict'>,
): HookProjection {
  const hook = { correlationId, token: event.eventData.token, received: 0, createdAt: event.createdAt };
  if (event.eventType === 'hook_conflict') {
    return { ...hook, status: 'conflict', ownerRunId: event.eventData.ownerRunId };
  }
  const { retainMs } = event.eventData;
  return { ...hook, status: 'live', ...(retainMs === undefined ? {} : { retainMs }) };
}

/** The name under which an event that may be there once per correlation id is remembered. */
export function onceNameOf(event: Event): string {
  return `${event.eventType}:${event.correlationId}`;
}

function onlyOnce(projection: Projection, event: Event, refuse: Refuse): void {
  if (event.correlationId === undefined) throw refuse('it has no correlation id');
  const name = onceNameOf(event);
  if (projection.once.has(name)) throw refuse(`${event.correlationId} has one already`);
  projection.once.set(name, event.version);
}

function applyChild(projection: Projection, event: ChildEvent, refuse: Refuse): void {
  const { childRunId } = event.eventData;
  const child = projection.children.get(childRunId);
  const { correlationId, createdAt } = event;
  if (event.eventType === 'child_started') {
    onlyOnce(projection, event, refuse);
    if (child) child.correlationId ??= correlationId!;
    else
      projection.children.set(childRunId, {
        childRunId,
        correlationId: correlationId!,
        status: 'running',
        createdAt,
      });
    return;
  }
  if (child && child.status !== 'running') throw refuse(`child ${childRunId} is ${child.status}`);
  const { status } = event.eventData;
  if (child) child.status = status;
  else projection.children.set(childRunId, { childRunId, status, createdAt });
}
