/**
 * What a divergence means: expected, actual, the places of both in the user's files, and the likely cause.
 *
 * A replay keeps no places, since a stack per command costs as much as the turn. When one diverges the history is
 * replayed again with stacks, up to the event in question: against the program that diverges, for the place of what
 * it asks for, and against the one that recorded the event, for the place of what it asked for.
 */
import type { Event } from '@perdure/world';
import { type Command, isCommandEvent, matches } from './command.ts';
import type { Engine } from './engine.ts';
import { DivergenceError, type SourcePlace } from './errors.ts';
import { Execution, surroundings } from './execution.ts';
import type { Program } from './program.ts';
import { programOf } from './program-of.ts';
import { replay } from './replay.ts';
import { createCounters, StepConsumer } from './step-consumer.ts';

/** What a replay needs beside a program. */
export type ReplayMeans = Pick<Engine, 'envelope' | 'turnBudget' | 'publicUrl' | 'env' | 'limits'>;

/**
 * Replays a history against a program.
 *
 * `before` is the program that recorded it, when it is another one. Throws `DivergenceError` with both places and the
 * likely cause, and what `Execution.advance` throws.
 */
export function replayReported(
  means: ReplayMeans,
  history: readonly Event[],
  program: Program,
  before: Program | undefined,
): void {
  try {
    replay(execution(means, program, 'none'), history);
  } catch (error) {
    throw DivergenceError.is(error) ? explained(means, error, { history, program, before }) : error;
  }
}

export interface DivergedReplay {
  readonly history: readonly Event[];
  readonly program: Program;
  /** The program that recorded the history, when it is another one. */
  readonly before: Program | undefined;
}

/** The same divergence with places and cause, as far as they can be found. */
export function explained(
  means: ReplayMeans,
  error: DivergenceError,
  { history, program, before }: DivergedReplay,
): DivergenceError {
  const event = history[error.version - 1];
  if (!event) return error;
  const actual = pendingAt(means, program, history, event);
  const expected = before && pendingAt(means, before, history, event);
  const recorded = expected && matches(expected, event) ? expected : undefined;
  const place = (of: Program | undefined, command: Command | undefined) => of?.placeOf(command?.stack ?? '');
  const expectedPlace: SourcePlace | undefined = place(before, recorded);
  const actualPlace: SourcePlace | undefined = place(program, actual);
  return new DivergenceError({
    runId: error.runId,
    version: error.version,
    expected: error.expected,
    actual: error.actual,
    ...(expectedPlace ? { expectedPlace } : {}),
    ...(actualPlace ? { actualPlace } : {}),
    likelyCause: likelyCause({ history, event, actual, programs: before ? 'different' : 'same' }),
  });
}

/** The same divergence of a run that diverges from the program it is on. */
export async function explainedFor(
  means: ReplayMeans & Pick<Engine, 'world' | 'programs'>,
  error: DivergenceError,
): Promise<DivergenceError> {
  const history = await means.world.runs.history(error.runId);
  const program = await means.programs.get(programOf(history));
  return explained(means, error, { history, program, before: undefined });
}

/** What a program asks for when a command event is next. */
function pendingAt(
  means: ReplayMeans,
  program: Program,
  history: readonly Event[],
  event: Event,
): Command | undefined {
  const traced = execution(means, program, 'kept');
  try {
    replay(traced, history.slice(0, event.version - 1));
  } catch {
    return undefined;
  }
  return traced.nextPending;
}

function execution(means: ReplayMeans, program: Program, stacks: 'kept' | 'none'): Execution {
  const consumer = new StepConsumer({
    envelope: means.envelope,
    counters: createCounters(),
    cache: undefined,
  });
  return new Execution({ program, consumer, ...surroundings(means), stacks });
}

interface Difference {
  readonly history: readonly Event[];
  /** The event that does not record what the program asks for. */
  readonly event: Event;
  readonly actual: Command | undefined;
  /** Whether another program than this one recorded the history. */
  readonly programs: 'same' | 'different';
}

function likelyCause({ history, event, actual, programs }: Difference): string {
  if (programs === 'same') return sameProgramDiverges;
  const recorded = labelOf(event);
  if (!actual)
    return `The new code waits where the old one asked for ${recorded}: it was removed, or comes later.`;
  const asked = labelOfCommand(actual);
  if (asked === recorded)
    return `Both ask for ${asked}, but the new code asked for more, or for less, before.`;
  if (actual.kind === 'complete-run' || actual.kind === 'fail-run')
    return `The new code ends where the old one asked for ${recorded}.`;
  const later = history.slice(event.version).some((one) => isCommandEvent(one) && labelOf(one) === asked);
  if (later)
    return `${asked} comes later in the history: ${recorded} was removed, or the two changed places.`;
  const renamed = actual.kind === 'schedule-step' && event.eventType === 'step_created';
  return `${asked} was added before ${recorded}${renamed ? `, or ${recorded} was renamed` : ', or a condition goes the other way'}.`;
}

const sameProgramDiverges =
  'The program is the one that recorded the history: its code depends on what is not in there, such as process.env.';

const plainLabels: Readonly<Record<string, string>> = {
  wait_created: 'a sleep',
  'start-wait': 'a sleep',
  child_started: 'the end of a child run',
  'await-child': 'the end of a child run',
  attr_set: 'setting attributes',
  'set-attributes': 'setting attributes',
  abort_requested: 'an abort',
  'request-abort': 'an abort',
  run_completed: 'the end of the run',
  'complete-run': 'the end of the run',
  run_failed: 'the end of the run',
  'fail-run': 'the end of the run',
};

/** What a recorded command asked for, in the words that `labelOfCommand` has for the same. */
function labelOf(event: Event): string {
  const { stepName, token } = event.eventData as { readonly stepName?: string; readonly token?: string };
  if (stepName !== undefined) return `step ${shortName(stepName)}`;
  if (event.eventType === 'hook_disposed') return 'disposing a hook';
  return token === undefined
    ? (plainLabels[event.eventType] ?? event.eventType)
    : `hook ${JSON.stringify(token)}`;
}

function labelOfCommand({ kind, name }: Command): string {
  if (kind === 'schedule-step') return `step ${shortName(name)}`;
  if (kind === 'create-hook') return `hook ${JSON.stringify(name)}`;
  return kind === 'dispose-hook' ? 'disposing a hook' : (plainLabels[kind] ?? kind);
}

function shortName(id: string): string {
  return id.slice(id.lastIndexOf('//') + 2) || id;
}
