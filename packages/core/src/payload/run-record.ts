import { payloadInvalid } from '../payload-messages.ts';

/** The run id in the record that stands for a handle. Throws `PayloadError`. */
export function runIdOf(data: unknown): string {
  const runId = (data as { runId?: unknown } | null | undefined)?.runId;
  if (typeof runId !== 'string') throw payloadInvalid('a run handle without its id');
  return runId;
}
