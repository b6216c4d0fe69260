/**
 * What must be true after any storm. Each oracle answers with what is wrong, in words; nothing, when all is well.
 *
 * The letters are those of the promises: L the log, S steps, H hooks, T time, P progress, X the engine's own trouble.
 */
import { fold, isTerminal } from '@perdure/world';
import type { Evidence, Lives, RunEvidence } from './evidence.ts';
import { answerOf, hooksOf, payloadsOf } from './plan.ts';
import { replaysAsRecorded } from './replay-oracle.ts';
import { startsWith } from './sightings.ts';
import { attemptsOf, type Cut } from './step-attempts.ts';

type Oracle = (run: RunEvidence, lives: Lives) => string[];

/** P1, X1: the run completed, with the right answer. */
export function completesWithItsAnswer({ history, answer, plan }: RunEvidence): string[] {
  const last = history.at(-1)?.eventType ?? 'nothing';
  if (last !== 'run_completed') return [`its last event is ${last}`];
  const expected = answerOf(plan);
  return answer === expected ? [] : [`its answer is ${answer}, expected ${expected}`];
}

/** L1, L4: dense, each event one that may follow, one end, nothing after it. */
export function isLegal({ history }: Pick<RunEvidence, 'history'>): string[] {
  const problems: string[] = [];
  for (const [index, { version }] of history.entries()) {
    if (version !== index + 1) problems.push(`version ${version} at position ${index + 1}`);
  }
  try {
    fold(history);
  } catch (error) {
    problems.push((error as Error).message);
  }
  const ends = history.filter(({ eventType }) => isTerminal(eventType)).length;
  if (ends !== 1) problems.push(`${ends} ends`);
  return problems;
}

/** X1: crashes are no reason to pause or fail. */
export function neverPausesOrFails({ history }: RunEvidence): string[] {
  const wrong = new Set(['run_paused', 'run_failed', 'run_cancelled', 'step_failed', 'hook_conflict']);
  return history
    .filter(({ eventType }) => wrong.has(eventType))
    .map((event) => `${event.eventType} at version ${event.version}: ${JSON.stringify(event.eventData)}`);
}

/** S1: one outcome a step; each attempt that was cut off was so by the end of its process, or its body never began. */
export function stepsEndOnce({ history, effects }: RunEvidence, lives: Lives): string[] {
  const problems: string[] = [];
  const ran = new Set(effects.map(({ stepId, attempt }) => `${stepId} ${attempt}`));
  for (const { id, attempts, outcomes } of attemptsOf(history).values()) {
    if (outcomes.length > 1) problems.push(`${id} has ${outcomes.length} outcomes`);
    for (const attempt of attempts) {
      if (attempt.end === 'cut' && ran.has(`${id} ${attempt.number}`))
        problems.push(...cutProblems(id, attempt, lives));
    }
  }
  return problems;
}

function cutProblems(id: string, { number, pid, nextPid, nextAt }: Cut, lives: Lives): string[] {
  const what = `${id} attempt ${number + 1} began`;
  const life = lives.get(pid);
  if (!life) return [`${what} after one of process ${pid}, which nobody started`];
  if (pid === nextPid) return [`${what} in process ${pid}, where attempt ${number} was still running`];
  const { replaceableFrom = Number.POSITIVE_INFINITY } = life;
  if (replaceableFrom <= nextAt) return [];
  return [`${what} although process ${pid} lived, for another ${replaceableFrom - nextAt} ms`];
}

/** S1: each body that ran is an attempt of the history, ran once and in its process; none after the outcome. */
export function bodiesAreAttempts({ history, effects }: RunEvidence): string[] {
  const problems: string[] = [];
  const steps = attemptsOf(history);
  const bodies = new Map<string, number>();
  for (const { stepId, attempt, pid } of effects) {
    const recorded = steps.get(stepId)?.attempts[attempt - 1];
    const before = bodies.get(stepId) ?? 0;
    if (!recorded) problems.push(`${stepId} ran attempt ${attempt}, which the history does not have`);
    else if (recorded.pid !== pid)
      problems.push(`${stepId} attempt ${attempt} ran in ${pid}, not ${recorded.pid}`);
    if (attempt <= before) problems.push(`${stepId} ran attempt ${attempt} after attempt ${before}`);
    bodies.set(stepId, attempt);
  }
  const ran = new Set(effects.map(({ stepId, attempt }) => `${stepId} ${attempt}`));
  for (const { id, attempts } of steps.values()) {
    for (const { number, end } of attempts) {
      const ended = end === 'completed' || end === 'failed' || end === 'retrying';
      if (ended && !ran.has(`${id} ${number}`))
        problems.push(`${id} attempt ${number} is ${end} and never ran`);
    }
  }
  return problems;
}

/** H1: a payload that was acknowledged is there exactly once, and nothing else is. */
export function payloadsArriveOnce({ history, acknowledged, plan }: RunEvidence): string[] {
  const received = history.filter(({ eventType }) => eventType === 'hook_received');
  const times = (key: string): number => received.filter((event) => event.key === key).length;
  const keys = new Set(acknowledged.map(({ key }) => key));
  const problems = [...keys]
    .filter((key) => times(key) !== 1)
    .map((key) => `payload ${key} is there ${times(key)} times`);
  const expected = hooksOf(plan.parts).flatMap(payloadsOf).length;
  if (received.length !== expected) problems.push(`${received.length} payloads, expected ${expected}`);
  return problems;
}

/** L1: what was seen before is still there, unchanged. */
export function keepsWhatWasSeen({ history, seen }: RunEvidence): string[] {
  return startsWith(history, seen) ? [] : [`its first ${seen.length} events are not those seen before`];
}

/** T1: no wait ends before its time. */
export function waitsLongEnough({ history }: Pick<RunEvidence, 'history'>): string[] {
  const due = new Map<string, number>();
  const problems: string[] = [];
  for (const event of history) {
    const id = event.correlationId ?? '';
    if (event.eventType === 'wait_created') due.set(id, event.eventData.resumeAt);
    if (event.eventType === 'wait_completed' && event.createdAt < due.get(id)!)
      problems.push(`${id} ended early`);
  }
  return problems;
}

const oracles: Readonly<Record<string, Oracle>> = {
  completesWithItsAnswer,
  isLegal,
  neverPausesOrFails,
  stepsEndOnce,
  bodiesAreAttempts,
  payloadsArriveOnce,
  keepsWhatWasSeen,
  waitsLongEnough,
};

/** X1: no worker ended by itself or had anything to complain about. */
export function workersAreQuiet({ lives }: Pick<Evidence, 'lives'>): string[] {
  return lives.flatMap(({ pid, end, complaints }) => [
    ...(end === 'by itself' ? [`worker ${pid} ended by itself`] : []),
    ...complaints.map((text) => `worker ${pid}: ${text}`),
  ]);
}

/** Everything that is wrong. Replays every `prefixStride`th prefix of each history, by default all. */
export function judge(evidence: Evidence, prefixStride = 1): string[] {
  const lives: Lives = new Map(evidence.lives.map((life) => [life.pid, life]));
  const problems = [...evidence.troubles, ...evidence.storeProblems, ...workersAreQuiet(evidence)];
  for (const run of evidence.runs) {
    const found = Object.entries(oracles).flatMap(([name, oracle]) =>
      oracle(run, lives).map((problem) => `${name}: ${problem}`),
    );
    // Replaying what is no history has nothing to say.
    if (found.length === 0) {
      const differences = replaysAsRecorded(run.history, evidence.programs, prefixStride);
      found.push(...differences.map((one) => `replaysAsRecorded: ${one}`));
    }
    problems.push(...found.map((problem) => `${run.plan.name} (${run.runId}) ${problem}`));
  }
  return problems;
}
