/** The witness of what ran: one line a step body that began, on the disk before the body goes on. */
import { constants, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { getStepMetadata, getWorkflowMetadata } from 'perdure';

export interface Effect {
  readonly runId: string;
  readonly stepId: string;
  readonly attempt: number;
  readonly pid: number;
  /** By the clock of the machine, in milliseconds since the epoch. */
  readonly at: number;
}

let file: number | undefined;

/** Writes `runId stepId attempt pid time` for the attempt that calls it, to the file that CHAOS_EFFECTS names. */
export function witness(): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;
  file ??= openSync(process.env.CHAOS_EFFECTS!, flags, 0o600);
  const { stepId, attempt } = getStepMetadata();
  writeSync(
    file,
    `${getWorkflowMetadata().workflowRunId} ${stepId} ${attempt} ${process.pid} ${Date.now()}\n`,
  );
  fsyncSync(file);
}

/** The effects in the order in which they happened. A line without its end is of a process that was killed in it. */
export function readEffects(path: string): Effect[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [runId, stepId, attempt, pid, at] = line.split(' ');
    return { runId: runId!, stepId: stepId!, attempt: Number(attempt), pid: Number(pid), at: Number(at) };
  });
}
