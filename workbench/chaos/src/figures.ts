/** What a storm did, in numbers. */
import type { Event } from '@perdure/world';
import type { Broken, Evidence } from './evidence.ts';
import { attemptsOf, pidOf } from './step-attempts.ts';
import type { Life } from './worker-process.ts';

export interface Figures extends Broken {
  readonly kills: number;
  /** Kills that found attempts of steps running. */
  readonly killsInSteps: number;
  readonly stops: number;
  readonly runs: number;
  readonly completed: number;
  /** Completed runs that at least two processes drove. */
  readonly recovered: number;
  readonly steps: number;
  readonly events: number;
  readonly bodies: number;
  /** Bodies that ran again because the attempt before them was cut off. */
  readonly repeatedBodies: number;
  readonly payloads: number;
  /** Restarts after which something was written before the next kill. */
  readonly recoveries: number;
  /** From the start of a process to the first event it wrote, in milliseconds. */
  readonly recoveryP50Ms: number;
  readonly recoveryMaxMs: number;
  /** The same, from when the process had loaded its code. */
  readonly takeoverP50Ms: number;
  /** From when a process was killed in an attempt, or could be replaced, to the next attempt. */
  readonly againP50Ms: number;
  readonly againMaxMs: number;
}

export function figuresOf({ runs, lives, broken }: Evidence): Figures {
  const steps = runs.flatMap(({ history }) => [...attemptsOf(history).values()]);
  const cuts = steps.flatMap(({ attempts }) => attempts.filter((one) => one.end === 'cut'));
  const killed = new Set(lives.filter(({ end }) => end === 'killed').map(({ pid }) => pid));
  const recoveries = recoveryTimes({ runs, lives }, ({ spawnedAt }) => spawnedAt);
  const effects = runs.flatMap((run) => run.effects);
  const cutBodies = new Set(effects.map(({ stepId, attempt }) => `${stepId} ${attempt}`));
  const cutWithBody = steps.flatMap(({ id, attempts }) =>
    attempts.filter(({ end, number }) => end === 'cut' && cutBodies.has(`${id} ${number}`)),
  );
  const again = cuts
    .flatMap(({ pid, nextAt }) => (killed.has(pid) ? [nextAt - endOf(lives, pid)] : []))
    .sort((left, right) => left - right);
  return {
    ...broken,
    kills: killed.size,
    killsInSteps: new Set(cuts.map(({ pid }) => pid).filter((pid) => killed.has(pid))).size,
    stops: lives.reduce((sum, { stops }) => sum + stops, 0),
    runs: runs.length,
    completed: runs.filter(({ history }) => history.at(-1)?.eventType === 'run_completed').length,
    recovered: runs.filter(({ history }) => driversOf(history).size > 1).length,
    steps: steps.length,
    events: runs.reduce((sum, { history }) => sum + history.length, 0),
    bodies: effects.length,
    repeatedBodies: cutWithBody.length,
    payloads: runs.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
    recoveries: recoveries.length,
    recoveryP50Ms: middleOf(recoveries),
    recoveryMaxMs: recoveries.at(-1) ?? 0,
    takeoverP50Ms: middleOf(recoveryTimes({ runs, lives }, ({ readyAt }) => readyAt ?? 0)),
    againP50Ms: middleOf(again),
    againMaxMs: again.at(-1) ?? 0,
  };
}

function endOf(lives: readonly Life[], pid: number): number {
  return lives.find((life) => life.pid === pid)!.replaceableFrom!;
}

function driversOf(history: readonly Event[]): Set<string> {
  return new Set(
    history.flatMap((event) => (event.eventType === 'step_started' ? [event.eventData.worker] : [])),
  );
}

function middleOf(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/**
 * Sorted. Counts from when the process was called for: since a moment of its own, and not before the last driver's end.
 *
 * Looks at the first step that a process started: the only event that names its writer. Processes that were stopped
 * in between are left out.
 */
function recoveryTimes(
  { runs, lives }: Pick<Evidence, 'runs' | 'lives'>,
  since: (life: Life) => number,
): number[] {
  const first = new Map<number, number>();
  for (const event of runs.flatMap(({ history }) => history)) {
    if (event.eventType !== 'step_started') continue;
    const pid = pidOf(event.eventData.worker);
    first.set(pid, Math.min(first.get(pid) ?? Number.POSITIVE_INFINITY, event.createdAt));
  }
  const drivers = lives.filter(({ pid }) => first.has(pid));
  const ends = drivers.map(({ replaceableFrom = Number.POSITIVE_INFINITY }) => replaceableFrom);
  return drivers
    .filter(({ stops }) => stops === 0)
    .map((life) => {
      const began = first.get(life.pid)!;
      return began - Math.max(since(life), ...ends.filter((end) => end <= began));
    })
    .sort((left, right) => left - right);
}
