import { shortName } from '@perdure/core';
import { type Event, fold, type Projection } from '@perdure/world';
import { type Command, exitCodes } from '../command.ts';
import { eventRecord } from '../event-text.ts';
import { inspectRun as help } from '../help.ts';
import { withWorld, worldFlags } from '../open-world.ts';
import { shortArguments, shortPayload } from '../payload-value.ts';
import { table } from '../table.ts';
import { durationText, timeText } from '../time-text.ts';

export const inspectRun: Command = {
  name: 'inspect run',
  flags: worldFlags,
  positionals: ['<id>'],
  help,
  async run(input, session) {
    const history = await withWorld(input, session, (world) => world.runs.history(input.positionals[0]!));
    // A history is never empty, and its first event is the creation.
    const projection = fold(history)!;
    if (input.values.json) session.output.json(record(projection, history), 'indented');
    else session.output.line([...head(projection, history), ...parts(projection, history)].join('\n'));
    return exitCodes.done;
  },
};

/** The value in the event that ended a run or a step. */
type Outcome = { readonly output: unknown } | { readonly error: unknown } | undefined;

function outcomeOf(event: Event | undefined): Outcome {
  const data = event && (eventRecord(event).eventData as Record<string, unknown>);
  if (data && 'output' in data) return { output: data.output };
  return data && 'error' in data ? { error: data.error } : undefined;
}

function lastOf(history: readonly Event[], correlationId: string): Event | undefined {
  return history.findLast((event) => event.correlationId === correlationId);
}

function record(
  { run, steps, hooks, waits }: Projection,
  history: readonly Event[],
): Record<string, unknown> {
  return {
    ...run,
    input: (eventRecord(history[0]!).eventData as { input: unknown }).input,
    ...(run.completedAt === undefined ? {} : outcomeOf(history.at(-1))),
    steps: Array.from(steps.values(), (step) => ({
      ...step,
      ...outcomeOf(lastOf(history, step.correlationId)),
    })),
    hooks: [...hooks.values()],
    waits: [...waits.values()],
  };
}

function head({ run }: Projection, history: readonly Event[]): string[] {
  const [first] = history;
  const input = first?.eventType === 'run_created' ? shortArguments(first.eventData.input) : '';
  const last = history.at(-1)!;
  const rows: string[][] = [
    ['run', run.runId],
    ['workflow', run.workflowName],
    ['input', input],
    ['status', run.status],
    ['created', timeText(run.createdAt)],
  ];
  if (run.startedAt !== undefined) rows.push(['started', timeText(run.startedAt)]);
  if (run.completedAt !== undefined) {
    rows.push([
      'ended',
      `${timeText(run.completedAt)}, after ${durationText(run.completedAt - run.createdAt)}`,
    ]);
  }
  rows.push(['events', String(run.version)], ['program', run.program]);
  if (run.pauseReason) {
    const { code, message, hint } = run.pauseReason;
    rows.push(['paused', `[${code}] ${message}`], ...(hint ? [['', hint]] : []));
  }
  if (last.eventType === 'run_completed') rows.push(['returned', shortPayload(last.eventData.output)]);
  if (last.eventType === 'run_failed') rows.push(['error', shortPayload(last.eventData.error)]);
  if (run.cancelReason !== undefined) rows.push(['reason', run.cancelReason]);
  return table(rows);
}

function parts({ steps, hooks, waits }: Projection, history: readonly Event[]): string[] {
  const stepRows = Array.from(steps.values(), (step) => [
    step.correlationId,
    shortName(step.stepName),
    step.status,
    String(step.attempt),
    step.completedAt === undefined ? '' : durationText(step.completedAt - step.createdAt),
    resultText(lastOf(history, step.correlationId)),
  ]);
  const hookRows = Array.from(hooks.values(), (hook) => [
    hook.correlationId,
    JSON.stringify(hook.token),
    hook.status,
    String(hook.received),
  ]);
  const waitRows = Array.from(waits.values(), (wait) => [
    wait.correlationId,
    wait.status,
    timeText(wait.resumeAt),
  ]);
  return [
    ...section(['STEP', 'NAME', 'STATUS', 'ATTEMPT', 'TOOK', 'RESULT'], stepRows),
    ...section(['HOOK', 'TOKEN', 'STATUS', 'RECEIVED'], hookRows),
    ...section(['WAIT', 'STATUS', 'UNTIL'], waitRows),
  ];
}

function resultText(event: Event | undefined): string {
  if (event?.eventType === 'step_completed') return shortPayload(event.eventData.output);
  const isError = event?.eventType === 'step_failed' || event?.eventType === 'step_retrying';
  return isError ? shortPayload(event.eventData.error) : '';
}

function section(titles: string[], rows: string[][]): string[] {
  return rows.length === 0 ? [] : ['', ...table([titles, ...rows])];
}
