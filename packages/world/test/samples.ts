import { type Event, type EventData, type EventType, eventIdOf } from '../src/index.ts';

/** One well-formed set of data for each event type. */
export const sampleData: { readonly [T in EventType]: EventData<T> } = {
  run_created: {
    workflowName: 'flow',
    program: 'abc',
    seed: 's33d',
    input: '[]',
    parentRunId: 'run_0',
    parentCorrelationId: 'step_9',
    rootRunId: 'run_0',
    key: 'order 7',
    attributes: { customer: 'ada' },
  },
  run_started: {},
  run_paused: { reason: { code: 'DIVERGED', message: 'other code', hint: 'deploy the old code' } },
  run_resumed: {},
  run_completed: { output: new Uint8Array([1, 2]) },
  run_failed: { error: '"e"', errorCode: 'USER' },
  run_cancelled: { reason: 'enough' },
  step_created: { stepName: 'work', input: '[]', options: { maxRetries: 3, timeoutMs: 5, offer: true } },
  step_offered: { failures: 0 },
  step_started: { attempt: 1, worker: 'worker_a' },
  step_retrying: { attempt: 1, error: '"e"', retryAt: 5 },
  step_returned: { attempt: 1, reason: { code: 'UNREADABLE', message: 'no key' } },
  step_completed: { output: '1' },
  step_failed: { error: '"e"', attempts: 1 },
  wait_created: { resumeAt: 5 },
  wait_completed: {},
  hook_created: { token: 't', metadata: '{}', retainMs: 50 },
  hook_conflict: { token: 't', ownerRunId: 'run_2' },
  hook_received: { payload: '"p"' },
  hook_disposed: {},
  attr_set: { attributes: { customer: 'bob', region: null } },
  abort_requested: { reason: '"r"' },
  child_started: { childRunId: 'run_3' },
  child_completed: {
    childRunId: 'run_3',
    status: 'failed',
    output: '1',
    error: '"e"',
    errorCode: 'USER',
    reason: 'because',
  },
};

export const sampleTypes: readonly EventType[] = Object.keys(sampleData) as EventType[];

export function event<T extends EventType>(
  version: number,
  eventType: T,
  changes: { correlationId?: string; key?: string; createdAt?: number; eventData?: EventData<T> } = {},
): Event {
  const correlationId = eventType.startsWith('run_') ? undefined : `${eventType.slice(0, 4)}_1`;
  const named = correlationId === undefined ? {} : { correlationId };
  const eventData = sampleData[eventType];
  return {
    runId: 'run_1',
    eventId: eventIdOf(version),
    version,
    eventType,
    createdAt: 1000 + version,
    eventData,
    ...named,
    ...changes,
  } as unknown as Event;
}

/** A generator of numbers in [0, 1) that gives the same ones for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
