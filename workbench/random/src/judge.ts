/** What must be true of every run that was played, whatever the order of things was. */
import type { Event } from '@perdure/world';
import { isLegal, waitsLongEnough } from '../../chaos/src/oracles.ts';
import { replaysAsRecorded } from '../../chaos/src/replay-oracle.ts';
import { allowedAnswers, keyOf, TooManyAnswers } from './allowed.ts';
import { answerOf } from './opened.ts';
import type { PlayedRun, Playing } from './playing.ts';
import { differencesFrom } from './reference.ts';
import { type Sketch, type StepPlan, statementsOf } from './sketch.ts';

/** Something wrong with a run. */
export interface Complaint {
  readonly run: PlayedRun;
  readonly problems: readonly string[];
}

export interface Verdict {
  readonly complaints: readonly Complaint[];
  /** Problems that belong to no run. */
  readonly problems: readonly string[];
  /** Fresh replays of prefixes that were compared. */
  readonly prefixes: number;
}

/** Looks at everything; replays every `stride`th prefix. */
export async function judge(playing: Playing, stride = 1): Promise<Verdict> {
  const complaints: Complaint[] = [];
  let prefixes = 0;
  for (const run of playing.runs) {
    const problems = await problemsOf(run, playing, stride);
    prefixes += Math.ceil(run.history.length / stride);
    if (problems.length > 0) complaints.push({ run, problems });
  }
  return { complaints, problems: [...playing.troubles, ...hydratesOnce(playing)], prefixes };
}

async function problemsOf(run: PlayedRun, playing: Playing, stride: number): Promise<string[]> {
  const oracles = {
    isLegal,
    hasAnAllowedAnswer,
    sleepsLongEnough,
    triesAsPlanned,
    bodiesAreAttempts,
    payloadsArriveOnce,
  };
  const found = Object.entries(oracles).flatMap(([name, oracle]) =>
    oracle(run).map((problem) => `${name}: ${problem}`),
  );
  const differences = await differencesFrom(run.sketch, run.history).catch((error: unknown) => [
    String(error),
  ]);
  found.push(...differences.map((one) => `differencesFrom plain JavaScript: ${one}`));
  const replayed = replaysAsRecorded(run.history, playing.programs, stride);
  found.push(...replayed.map((one) => `replaysAsRecorded: ${one}`));
  return found;
}

/** P1, X1: it ended with one of the answers that its sketch may give, and was cancelled only if somebody asked. */
export function hasAnAllowedAnswer({ sketch, start, history, cancelled }: PlayedRun): string[] {
  const answer = answerOf(history);
  if (!answer) return [`it has no end, its last event is ${history.at(-1)?.eventType}`];
  if (answer.kind === 'cancelled') {
    const parent = history[0]?.eventType === 'run_created' && history[0].eventData.parentRunId !== undefined;
    return cancelled === 'asked' || parent ? [] : ['it is cancelled, and nobody asked'];
  }
  const allowed = listedAnswers(sketch, start);
  if (!allowed || allowed.has(keyOf(answer))) return [];
  return [`its answer is ${keyOf(answer)}, allowed are ${[...allowed.keys()].slice(0, 8).join(', ')}`];
}

/** Undefined when there are too many, as a child may have from where it starts: then plain JavaScript alone decides. */
function listedAnswers(sketch: Sketch, start: number): ReturnType<typeof allowedAnswers> | undefined {
  try {
    return allowedAnswers(sketch, start);
  } catch (error) {
    if (error instanceof TooManyAnswers) return undefined;
    throw error;
  }
}

/** T1, but for sleeps that somebody ended. */
function sleepsLongEnough({ history }: PlayedRun): string[] {
  const isWoken = ({ eventType, key }: Event): boolean => eventType === 'wait_completed' && key !== undefined;
  return waitsLongEnough({ history: history.filter((event) => !isWoken(event)) });
}

/** Steps with their plans, those of the engine without one. */
function plansOf({ sketch }: PlayedRun): Map<string, StepPlan> {
  const plans = new Map<string, StepPlan>();
  for (const statement of statementsOf(sketch.body)) {
    if (statement.kind === 'step' || statement.kind === 'told')
      plans.set(`${sketch.name}s${statement.step.site}`, statement.step);
    if (statement.kind !== 'overlap') continue;
    for (const plan of [statement.first, statement.second]) plans.set(`${sketch.name}s${plan.site}`, plan);
  }
  return plans;
}

interface Tried {
  readonly name: string;
  readonly events: Event[];
}

function stepsOf(history: readonly Event[]): Map<string, Tried> {
  const steps = new Map<string, Tried>();
  for (const event of history) {
    if (event.eventType === 'step_created') {
      const { stepName } = event.eventData;
      steps.set(event.correlationId!, { name: stepName.slice(stepName.lastIndexOf('/') + 1), events: [] });
    }
    steps.get(event.correlationId ?? '')?.events.push(event);
  }
  return steps;
}

/** S1, T1: as many failures as planned, never more than the policy allows, and no attempt before its time. */
export function triesAsPlanned(run: PlayedRun): string[] {
  const plans = plansOf(run);
  const problems: string[] = [];
  for (const [id, { name, events }] of stepsOf(run.history)) {
    const retries = events.filter(({ eventType }) => eventType === 'step_retrying').length;
    const plan = plans.get(name);
    if (plan && retries > plan.retries) problems.push(`${id} is retried ${retries} times of ${plan.retries}`);
    const failed = events.at(-1)?.eventType === 'step_failed';
    const expected = plan?.how === 'fatal' ? 0 : plan?.retries;
    if (failed && retries !== expected)
      problems.push(`${id} fails after ${retries} retries, not ${expected}`);
    for (const [at, event] of events.entries()) {
      const before = events[at - 1];
      if (before?.eventType === 'step_retrying' && event.createdAt < before.eventData.retryAt)
        problems.push(`${id} is tried again before its time`);
    }
  }
  return problems;
}

/** S1: each body that ran is an attempt of the history and ran once; each attempt that ended had its body run. */
export function bodiesAreAttempts({ history, traces }: PlayedRun): string[] {
  const problems: string[] = [];
  const steps = stepsOf(history);
  const ran = new Map<string, number>();
  for (const { stepId, attempt } of traces) {
    const place = `${stepId} attempt ${attempt}`;
    ran.set(place, (ran.get(place) ?? 0) + 1);
    if (ran.get(place) === 2) problems.push(`${place} ran twice`);
    const recorded = steps
      .get(stepId)
      ?.events.some((event) => event.eventType === 'step_started' && event.eventData.attempt === attempt);
    if (!recorded) problems.push(`${place} ran, and the history does not have it`);
  }
  for (const [id, { name, events }] of steps) {
    if (!/s\d+$/.test(name)) continue;
    let attempt = 0;
    for (const event of events) {
      if (event.eventType === 'step_started') attempt = event.eventData.attempt;
      else if (!isBefore(event) && !ran.has(`${id} attempt ${attempt}`))
        problems.push(`${id} attempt ${attempt} is ${event.eventType} and never ran`);
    }
  }
  return problems;
}

/** Whether it comes before an attempt, not after one. */
function isBefore({ eventType }: Event): boolean {
  return eventType === 'step_created' || eventType === 'step_offered';
}

/** H1: a payload that was acknowledged is there exactly once. */
export function payloadsArriveOnce({ history, acknowledged }: PlayedRun): string[] {
  return [...new Set(acknowledged)].flatMap((id) => {
    const key = `id_${Buffer.from(id).toString('base64url')}`;
    const times = history.filter((event) => event.key === key).length;
    return times === 1 ? [] : [`payload ${id} is there ${times} times`];
  });
}

/** Outcomes are opened at least once; a resident Execution opens each once, but for those it saw before a crash or a refusal. */
function hydratesOnce({ runs, counters, setting }: Playing): string[] {
  const outcomes = runs
    .flatMap(({ history }) => history)
    .filter(({ eventType }) => eventType === 'step_completed' || eventType === 'step_failed').length;
  const { hydrations, hydrationHits, replays } = counters;
  if (hydrations + hydrationHits < outcomes)
    return [`${outcomes} outcomes, of which only ${hydrations + hydrationHits} were consumed`];
  // A cancelled run may have had no Execution at all, or one that ran ahead.
  const allRan = runs.every(({ history }) => history.at(-1)?.eventType !== 'run_cancelled');
  const once = setting.residency === 'resident' && replays === runs.length && allRan;
  return once && hydrations + hydrationHits !== outcomes
    ? [`${outcomes} outcomes were consumed ${hydrations + hydrationHits} times without a replay`]
    : [];
}
