/** The attempts of each step as a history tells them. */
import type { Event } from '@perdure/world';

interface AttemptStart {
  readonly number: number;
  readonly pid: number;
  readonly at: number;
}

/** Another attempt began, although this one has no end. */
export interface Cut extends AttemptStart {
  readonly end: 'cut';
  readonly nextPid: number;
  readonly nextAt: number;
}

/** `open`: the run ended before it did. */
export type StepAttempt =
  | Cut
  | (AttemptStart & { readonly end: 'completed' | 'failed' | 'retrying' | 'open' });

export interface StepAttempts {
  readonly id: string;
  readonly attempts: StepAttempt[];
  readonly outcomes: Event[];
}

export function attemptsOf(history: readonly Event[]): Map<string, StepAttempts> {
  const steps = new Map<string, StepAttempts>();
  for (const event of history) {
    const id = event.correlationId ?? '';
    if (event.eventType === 'step_created') steps.set(id, { id, attempts: [], outcomes: [] });
    const step = steps.get(id);
    if (!step) continue;
    const last = step.attempts.at(-1);
    if (event.eventType === 'step_started') {
      const { attempt, worker } = event.eventData;
      const pid = pidOf(worker);
      if (last?.end === 'open') {
        step.attempts.splice(-1, 1, { ...last, end: 'cut', nextPid: pid, nextAt: event.createdAt });
      }
      step.attempts.push({ number: attempt, pid, at: event.createdAt, end: 'open' });
    } else if (last && event.eventType === 'step_retrying') {
      step.attempts.splice(-1, 1, { number: last.number, pid: last.pid, at: last.at, end: 'retrying' });
    } else if (event.eventType === 'step_completed' || event.eventType === 'step_failed') {
      step.outcomes.push(event);
      const end = event.eventType === 'step_completed' ? 'completed' : 'failed';
      if (last) step.attempts.splice(-1, 1, { number: last.number, pid: last.pid, at: last.at, end });
    }
  }
  return steps;
}

/** Workers are named `worker_<pid>_<random>`. */
export function pidOf(worker: string): number {
  return Number(worker.split('_')[1]);
}
