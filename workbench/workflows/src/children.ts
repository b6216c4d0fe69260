import { sleep } from 'perdure';
import { getRun, registerLifecycleHooks, resumeHook, start } from 'perdure/api';
import { add } from './steps.ts';

export async function child(n: number, fate: 'result' | 'failure' | 'sleep' = 'result'): Promise<number> {
  'use workflow';
  if (fate === 'failure') throw Object.assign(new RangeError(`child ${n}`), { n });
  if (fate === 'sleep') await sleep('1h');
  return add(n, 100);
}

/** The result of a child is pushed: the parent is put down meanwhile. */
export async function parent(n: number): Promise<number[]> {
  'use workflow';
  const runs = await Promise.all(Array.from({ length: n }, (_, i) => start(child, [i])));
  return Promise.all(runs.map((run) => run.returnValue));
}

export async function parentOfFailure(): Promise<unknown[]> {
  'use workflow';
  const run = await start(child, [7, 'failure']);
  try {
    return [await run.returnValue];
  } catch (error) {
    const { name, cause } = error as Error & { cause: RangeError & { n: number } };
    return [name, cause instanceof RangeError, cause.message, cause.n];
  }
}

export async function parentCancels(): Promise<unknown[]> {
  'use workflow';
  const run = await start(child, [7, 'sleep']);
  await run.cancel({ cancelReason: 'not needed' });
  try {
    return [await run.returnValue];
  } catch (error) {
    return [(error as Error).name, await run.status];
  }
}

async function startInStep(n: number): Promise<string> {
  'use step';
  const run = await start(child, [n]);
  return run.runId;
}

export async function childOfStep(n: number): Promise<unknown[]> {
  'use workflow';
  const runId = await startInStep(n);
  const run = getRun(runId);
  return [await run.returnValue, (await run.attributes).$parentRunId];
}

/** Calls itself until it reaches the bottom. */
export async function countdown(n: number): Promise<string> {
  'use workflow';
  if (n === 0) return 'bottom';
  const run = await start(countdown, [n - 1]);
  return `${n} ${await run.returnValue}`;
}

export async function tells(token: string, payload: unknown): Promise<string> {
  'use workflow';
  const { runId } = await resumeHook(token, payload);
  return runId;
}

const seenEnds: string[] = [];

/** Host code that looks at the ends of runs. */
export function watchEnds(): void {
  registerLifecycleHooks({
    onRunCompleted: ({ runId, returnValue }) => seenEnds.push(`${runId} completed ${returnValue}`),
    onRunFailed: ({ runId, error }) => seenEnds.push(`${runId} failed ${(error as Error).message}`),
    onRunCancelled: ({ runId, reason }) => seenEnds.push(`${runId} cancelled ${reason}`),
  });
}

export function endsOf(runId: string): string[] {
  return seenEnds.filter((line) => line.startsWith(runId));
}
