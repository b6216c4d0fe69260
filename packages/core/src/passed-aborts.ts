import type { Payload } from '@perdure/world';
import type { Envelope } from './payload/envelope.ts';
import { abortHeld } from './payload/host-abort.ts';
import { hostCodec } from './payload/host-codec.ts';
import type { Attempt } from './step-runner.ts';

/** Aborts what an attempt was given and the history of its run says is aborted. */
export function passAborts(
  { run, signals }: Attempt,
  aborts: ReadonlyMap<string, Payload>,
  envelope: Envelope,
): void {
  for (const [id, { signal }] of signals) {
    const reason = aborts.get(id);
    if (reason === undefined || signal.aborted) continue;
    abortHeld(signals, id, hostCodec.parse(envelope.unwrap(reason, run.runId, `${id}/reason`)));
  }
}
