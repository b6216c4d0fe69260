/** Short ways to write events down; versions, ids and times are filled in by where they are placed. */
import { type Event, type EventData, type EventOf, type EventType, eventIdOf } from '../event.ts';
import type { Payload } from '../payload.ts';

export type Draft = {
  [T in EventType]: {
    readonly eventType: T;
    readonly correlationId?: string;
    readonly eventData: EventData<T>;
  };
}[EventType];

export interface Place {
  readonly runId: string;
  readonly after: number;
  readonly createdAt: number;
}

export function place(where: Place, drafts: readonly Draft[]): Event[] {
  return drafts.map((draft, index) => {
    const version = where.after + index + 1;
    return {
      runId: where.runId,
      eventId: eventIdOf(version),
      version,
      createdAt: where.createdAt,
      ...draft,
    } as Event;
  });
}

export function runCreated(
  runId: string,
  createdAt: number,
  data: Partial<EventData<'run_created'>> = {},
): EventOf<'run_created'> {
  return {
    runId,
    eventId: eventIdOf(1),
    version: 1,
    eventType: 'run_created',
    createdAt,
    eventData: { workflowName: 'flow', program: 'abc123', seed: 's33d', input: '[]', ...data },
  };
}

export const runStarted: Draft = { eventType: 'run_started', eventData: {} };
export const runResumed: Draft = { eventType: 'run_resumed', eventData: {} };
export const runCompleted: Draft = { eventType: 'run_completed', eventData: { output: '"done"' } };
export const runFailed: Draft = { eventType: 'run_failed', eventData: { error: '"no"', errorCode: 'USER' } };
export const runPaused: Draft = {
  eventType: 'run_paused',
  eventData: { reason: { code: 'DIVERGED', message: 'other code', hint: 'deploy the old code' } },
};

export function stepCreated(correlationId: string, input: Payload = '[]'): Draft {
  return { eventType: 'step_created', correlationId, eventData: { stepName: 'work', input } };
}

export function stepStarted(correlationId: string, attempt = 1): Draft {
  return { eventType: 'step_started', correlationId, eventData: { attempt, worker: 'worker_a' } };
}

export function stepOffered(correlationId: string, failures = 0): Draft {
  return { eventType: 'step_offered', correlationId, eventData: { failures } };
}

export function stepRetrying(correlationId: string, retryAt: number): Draft {
  return { eventType: 'step_retrying', correlationId, eventData: { attempt: 1, error: '"e"', retryAt } };
}

export function stepCompleted(correlationId: string, output: Payload = '1'): Draft {
  return { eventType: 'step_completed', correlationId, eventData: { output } };
}

export function stepFailed(correlationId: string): Draft {
  return { eventType: 'step_failed', correlationId, eventData: { error: '"e"', attempts: 1 } };
}

export function waitCreated(correlationId: string, resumeAt: number): Draft {
  return { eventType: 'wait_created', correlationId, eventData: { resumeAt } };
}

export function waitCompleted(correlationId: string): Draft {
  return { eventType: 'wait_completed', correlationId, eventData: {} };
}

export function attrSet(attributes: Record<string, string | null>): Draft {
  return { eventType: 'attr_set', eventData: { attributes } };
}

export function abortRequested(correlationId: string): Draft {
  return { eventType: 'abort_requested', correlationId, eventData: { reason: '"enough"' } };
}

export function childStarted(correlationId: string, childRunId: string): Draft {
  return { eventType: 'child_started', correlationId, eventData: { childRunId } };
}

export function hookRetained(correlationId: string, token: string, retainMs: number): Draft {
  return { eventType: 'hook_created', correlationId, eventData: { token, retainMs } };
}

export function hookCreated(correlationId: string, token: string, metadata?: Payload): Draft {
  const eventData = metadata === undefined ? { token } : { token, metadata };
  return { eventType: 'hook_created', correlationId, eventData };
}

export function hookDisposed(correlationId: string): Draft {
  return { eventType: 'hook_disposed', correlationId, eventData: {} };
}
