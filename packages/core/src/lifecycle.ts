/** What happens when a run ends: callbacks of this process, and the news for a parent. */
import { type EventOf, isEnded, type Payload, WorldError } from '@perdure/world';
import type { Engine } from './engine.ts';
import { openPayload } from './open-payload.ts';
import { registry } from './registry.ts';
import { closeStreams } from './run-streams.ts';

export interface EndedRun {
  readonly runId: string;
  readonly workflowName: string;
}

/** Callbacks for runs that this process saw end; a callback that throws is reported, and hurts nobody. */
export interface LifecycleHooks {
  readonly onRunCompleted?: (run: EndedRun & { readonly returnValue: unknown }) => unknown;
  readonly onRunFailed?: (run: EndedRun & { readonly error: unknown; readonly errorCode: string }) => unknown;
  readonly onRunCancelled?: (run: EndedRun & { readonly reason: string | undefined }) => unknown;
}

export type EndEvent = EventOf<'run_completed'> | EventOf<'run_failed'> | EventOf<'run_cancelled'>;

/** Calls back when runs end, from now until the returned function is called. */
export function registerLifecycleHooks(callbacks: LifecycleHooks): () => void {
  const hooks = registeredHooks();
  hooks.add(callbacks);
  return () => {
    hooks.delete(callbacks);
  };
}

function registeredHooks(): Set<LifecycleHooks> {
  const shared = registry();
  shared.lifecycle ??= new Set();
  return shared.lifecycle;
}

/** `created` is the run's first event. Never throws. */
export async function announceEnd(
  engine: Engine,
  created: EventOf<'run_created'>,
  end: EndEvent,
): Promise<void> {
  try {
    await closeStreams(engine, end.runId);
    await tellParent(engine, created, end);
    if (registeredHooks().size > 0) await callBack(engine, created, end);
  } catch (error) {
    // A parent that was not told looks for itself, later.
    engine.report(`the end of run ${end.runId} could not be announced`, error);
  }
}

async function callBack(engine: Engine, created: EventOf<'run_created'>, end: EndEvent): Promise<void> {
  const run = { runId: end.runId, workflowName: created.eventData.workflowName };
  const open = (payload: Payload, field: string) =>
    openPayload(engine, payload, { runId: end.runId, place: `run/${field}` });
  for (const callbacks of registeredHooks()) {
    try {
      if (end.eventType === 'run_completed') {
        await callbacks.onRunCompleted?.({ ...run, returnValue: await open(end.eventData.output, 'output') });
      } else if (end.eventType === 'run_failed') {
        const { errorCode } = end.eventData;
        await callbacks.onRunFailed?.({ ...run, errorCode, error: await open(end.eventData.error, 'error') });
      } else {
        await callbacks.onRunCancelled?.({ ...run, reason: end.eventData.reason });
      }
    } catch (error) {
      engine.report(`a lifecycle hook threw at the end of run ${end.runId}`, error);
    }
  }
}

async function tellParent(engine: Engine, created: EventOf<'run_created'>, end: EndEvent): Promise<void> {
  const { parentRunId } = created.eventData;
  if (parentRunId !== undefined) await tell(engine, end, parentRunId);
}

/** Tells those who wait for a run that it ended, as far as they are known here. Never throws. */
export async function tellWaiting(engine: Engine, runId: string): Promise<void> {
  const waiting = engine.awaited.take(runId);
  if (waiting.length === 0) return;
  try {
    const { runs } = engine.world;
    const run = await runs.get(runId);
    if (!run || !isEnded(run.status)) return;
    const [end] = await runs.history(runId, { after: run.version - 1, limit: 1 });
    for (const byRunId of waiting) await tell(engine, end as EndEvent, byRunId);
  } catch (error) {
    engine.report(`the end of run ${runId} could not be told to those who wait for it`, error);
  }
}

async function tell(engine: Engine, end: EndEvent, toRunId: string): Promise<void> {
  try {
    await engine.world.runs.send(toRunId, {
      eventType: 'child_completed',
      key: childKey(end.runId),
      eventData: childOutcome(engine, end, toRunId),
    });
  } catch (error) {
    const code = WorldError.is(error) ? error.code : '';
    // It has ended, or knows by its own look.
    if (code !== 'RUN_ENDED' && code !== 'RUN_NOT_FOUND' && code !== 'HISTORY_INVALID') throw error;
  }
}

/** Key of the event that tells a parent how a child ended: whoever sends it, it counts once. */
export function childKey(childRunId: string): string {
  return `child_${childRunId}`;
}

/** How a run ended, as data for its parent's history: sealed for the parent. */
export function childOutcome(
  { envelope }: Pick<Engine, 'envelope'>,
  end: EndEvent,
  parentRunId: string,
): EventOf<'child_completed'>['eventData'] {
  const childRunId = end.runId;
  const moved = (payload: Payload, field: string) =>
    envelope.wrap(
      envelope.unwrap(payload, childRunId, `run/${field}`),
      parentRunId,
      `child_${childRunId}/result`,
    );
  switch (end.eventType) {
    case 'run_completed':
      return { childRunId, status: 'completed', output: moved(end.eventData.output, 'output') };
    case 'run_failed': {
      const { error, errorCode } = end.eventData;
      return { childRunId, status: 'failed', errorCode, error: moved(error, 'error') };
    }
    case 'run_cancelled': {
      const { reason } = end.eventData;
      return { childRunId, status: 'cancelled', ...(reason === undefined ? {} : { reason }) };
    }
  }
}
