/** R1: for every prefix of a history, a fresh replay asks for what the history recorded next. */
import { isDeepStrictEqual } from 'node:util';
import type { Event, EventOf } from '@perdure/world';
import {
  describeCommand,
  describeEvent,
  isCommandEvent,
  matches,
  toEvent,
} from '../../../packages/core/src/command.ts';
import { Execution } from '../../../packages/core/src/execution.ts';
import { createEnvelope, type Envelope } from '../../../packages/core/src/payload/envelope.ts';
import { Program } from '../../../packages/core/src/program.ts';
import { replay } from '../../../packages/core/src/replay.ts';
import { createCounters, StepConsumer } from '../../../packages/core/src/step-consumer.ts';

const turnBudget = 20_000_000;
const compiled = new Map<string, Program>();

/** Looks at every `stride`th prefix, by default at all. */
export function replaysAsRecorded(
  history: readonly Event[],
  programs: ReadonlyMap<string, string>,
  stride = 1,
): string[] {
  const { program: hash } = (history[0] as EventOf<'run_created'>).eventData;
  const code = programs.get(hash);
  if (code === undefined) return [`its program ${hash} is missing`];
  const program = compiled.get(hash) ?? new Program({ hash, code });
  compiled.set(hash, program);
  const envelope = createEnvelope(undefined);
  const problems: string[] = [];
  for (let version = 1; version <= history.length; version += stride) {
    const consumer = new StepConsumer({ envelope, counters: createCounters() });
    const execution = new Execution({ program, consumer, turnBudget, env: '{}', publicUrl: '' });
    try {
      replay(execution, history.slice(0, version));
    } catch (error) {
      return [...problems, `replaying ${version} events: ${error}`];
    }
    const problem = differenceOf(execution, history[version], envelope);
    if (problem) problems.push(`after version ${version} ${problem}`);
  }
  return problems;
}

/** How what is asked for differs from what was recorded, if it does. */
function differenceOf(execution: Execution, next: Event | undefined, envelope: Envelope): string | undefined {
  const command = execution.nextPending;
  const asked = describeCommand(command);
  if (!next) return command ? `it asks for ${asked}, and the history ends` : undefined;
  if (!isCommandEvent(next)) {
    // Steps that were asked for get their attempt before the end; what is sent comes when it comes.
    const ends = command?.kind === 'complete-run' || command?.kind === 'fail-run';
    const endWaits = ends && next.eventType === 'step_started';
    // An offered step is claimed and ended by whoever has it, at any moment.
    const offered = execution.open.steps.get(next.correlationId ?? '')?.offered === true;
    if (!command || endWaits || offered || next.key !== undefined) return undefined;
    return `it asks for ${asked}, the history goes on with ${describeEvent(next)}`;
  }
  if (!command) return `it asks for nothing, the history goes on with ${describeEvent(next)}`;
  const { runId, version, createdAt } = next;
  const expected = toEvent(command, { runId, version, createdAt }, envelope);
  // Who has the token is for the world to say.
  if (next.eventType === 'hook_conflict' && matches(command, next)) return undefined;
  if (isDeepStrictEqual(withoutUndefined(next), withoutUndefined(expected))) return undefined;
  return `it asks for ${asked}, the history has ${describeEvent(next)} or other arguments`;
}

function withoutUndefined(event: Event): unknown {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
}
