/** Events that callers and steps send to a run: sleeps ended early, attributes, aborts. */
import { WorldError, type WorldErrorCode } from '@perdure/world';
import { checkAttributes } from './attributes.ts';
import type { Engine } from './engine.ts';
import { hostCodec } from './payload/host-codec.ts';
import { ulid } from './ulid.ts';

type Sender = Pick<Engine, 'world' | 'envelope' | 'clock'>;

/** Ends sleeps of a live run before their time: those named, or all of them. */
export async function wakeSleeps(
  { world: { runs } }: Sender,
  runId: string,
  correlationIds: readonly string[] | undefined,
): Promise<{ stoppedCount: number }> {
  const waiting = (await runs.waits(runId)).filter(({ status, correlationId }) => {
    return status === 'waiting' && (correlationIds?.includes(correlationId) ?? true);
  });
  let stoppedCount = 0;
  for (const { correlationId } of waiting) {
    const event = {
      eventType: 'wait_completed',
      key: `wake_${correlationId}`,
      correlationId,
      eventData: {},
    } as const;
    try {
      if (!(await runs.send(runId, event)).duplicate) stoppedCount += 1;
    } catch (error) {
      // It ended by itself in the meantime.
      if (!isCode(error, ['RUN_ENDED', 'WAIT_NOT_FOUND'])) throw error;
    }
  }
  return { stoppedCount };
}

export interface AttributeChanges {
  readonly changes: Readonly<Record<string, string | undefined>>;
  /** What the run has. */
  readonly before: Readonly<Record<string, string>>;
  readonly keys: 'own' | 'reserved';
}

/** Throws `LimitError`, ATTRIBUTE_INVALID. */
export async function sendAttributes(
  { world, clock }: Sender,
  runId: string,
  given: AttributeChanges,
): Promise<void> {
  const checked = checkAttributes(given.changes, new Map(Object.entries(given.before)), given.keys);
  await world.runs.send(runId, {
    eventType: 'attr_set',
    key: ulid(clock()),
    eventData: { attributes: checked },
  });
}

/** Aborts a controller of the workflow from outside; one that is aborted already stays as it is. */
export async function sendAbort(
  { world, envelope }: Sender,
  runId: string,
  { correlationId, reason }: { readonly correlationId: string; readonly reason: unknown },
): Promise<void> {
  const stored = envelope.wrap(hostCodec.stringify(reason), runId, `${correlationId}/reason`);
  const key = `abort_${correlationId}`;
  try {
    await world.runs.send(runId, {
      eventType: 'abort_requested',
      key,
      correlationId,
      eventData: { reason: stored },
    });
  } catch (error) {
    // Somebody else aborted it, or the run is over.
    if (!isCode(error, ['RUN_ENDED', 'HISTORY_INVALID'])) throw error;
  }
}

function isCode(error: unknown, codes: readonly WorldErrorCode[]): boolean {
  return WorldError.is(error) && codes.includes(error.code);
}
