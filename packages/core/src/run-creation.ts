/** The first event of a run: what it is a run of, and whose child. */
import { randomBytes } from 'node:crypto';
import { type EventOf, eventIdOf } from '@perdure/world';
import { checkAttributes } from './attributes.ts';
import type { Engine } from './engine.ts';
import type { Limits } from './limits.ts';
import { childrenTooDeep } from './messages.ts';
import type { StartOptions } from './start-options.ts';
import type { StepContext } from './step-context.ts';
import { ulid, ulidOf } from './ulid.ts';

interface NewRun {
  readonly workflowName: string;
  /** Hash of the program that it is pinned to. */
  readonly program: string;
  /** Codec text of its arguments. */
  readonly input: string;
  readonly options: StartOptions;
  /** The step that starts it. */
  readonly parent: StepContext | undefined;
}

/** When a run begins, and the id it has. */
export interface RunPlace {
  readonly runId: string;
  readonly createdAt: number;
}

/** A child has the id that the same call of the same step always gives: another attempt finds the run of the one before. */
export function newRunId({ clock }: Pick<Engine, 'clock'>, parent: StepContext | undefined): RunPlace {
  const createdAt = clock();
  const name = parent ? ulidOf(parent.stepCreatedAt, parent.nextChildName()) : ulid(createdAt);
  return { runId: `wrun_${name}`, createdAt };
}

/** The event. Throws `LimitError`, ATTRIBUTE_INVALID. */
export function runCreated(
  { envelope, limits }: Pick<Engine, 'envelope' | 'limits'>,
  { runId, createdAt }: RunPlace,
  run: NewRun,
): EventOf<'run_created'> {
  const { workflowName, program, input, options, parent } = run;
  return {
    runId,
    eventId: eventIdOf(1),
    version: 1,
    eventType: 'run_created',
    createdAt,
    eventData: {
      workflowName,
      program,
      seed: randomBytes(32).toString('hex'),
      input: envelope.wrap(input, runId, 'run/input'),
      ...startFacts(options, parent, limits),
    },
  };
}

function startFacts(
  { key, attributes = {} }: StartOptions,
  parent: StepContext | undefined,
  { childDepth }: Limits,
): Pick<EventOf<'run_created'>['eventData'], 'key' | 'attributes' | 'parentRunId' | 'rootRunId'> {
  const own = checkAttributes(attributes, new Map(), 'own') as Record<string, string>;
  const facts = key === undefined ? {} : { key };
  if (!parent) return Object.keys(own).length === 0 ? facts : { ...facts, attributes: own };
  const depth = Number(parent.attributes.$depth ?? 0) + 1;
  if (depth > childDepth) throw childrenTooDeep(childDepth);
  const parentRunId = parent.workflowRunId;
  const rootRunId = parent.attributes.$rootRunId ?? parentRunId;
  const inherited = { $parentRunId: parentRunId, $rootRunId: rootRunId, $depth: String(depth) };
  return { ...facts, parentRunId, rootRunId, attributes: { ...own, ...inherited } };
}
