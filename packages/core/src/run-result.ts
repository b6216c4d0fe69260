import type { Event, Payload } from '@perdure/world';
import type { Engine } from './engine.ts';
import { WorkflowRunCancelledError, WorkflowRunFailedError } from './errors.ts';
import { openPayload } from './open-payload.ts';

/** What the event that ended a run says came of it; throws what `Run.returnValue` throws. */
export async function resultOf(
  engine: Pick<Engine, 'world' | 'envelope' | 'client'>,
  event: Event,
): Promise<unknown> {
  const { runId } = event;
  const open = (payload: Payload, field: string) =>
    openPayload(engine, payload, { runId, place: `run/${field}` });
  switch (event.eventType) {
    case 'run_completed':
      return await open(event.eventData.output, 'output');
    case 'run_failed':
      throw new WorkflowRunFailedError(
        runId,
        event.eventData.errorCode,
        await open(event.eventData.error, 'error'),
      );
    case 'run_cancelled':
      throw new WorkflowRunCancelledError(runId, event.eventData.reason);
    default:
      throw new TypeError(`Expected the end of run ${runId}, got ${event.eventType}`);
  }
}
