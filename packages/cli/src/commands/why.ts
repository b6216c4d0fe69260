import { shortName } from '@perdure/core';
import { type Event, fold, isEnded, type Projection, type Waiting, waitingFor } from '@perdure/world';
import { type Command, exitCodes } from '../command.ts';
import { why as help } from '../help.ts';
import { waitsForNothing, whyEnded, whyPaused } from '../messages.ts';
import { withWorld, worldFlags } from '../open-world.ts';
import { singleLine } from '../printable.ts';
import { durationText, timeText } from '../time-text.ts';

export const why: Command = {
  name: 'why',
  flags: worldFlags,
  positionals: ['<id>'],
  help,
  async run(input, session) {
    const history = await withWorld(input, session, (world) => world.runs.history(input.positionals[0]!));
    // A history is never empty, and its first event is the creation.
    const projection = fold(history)!;
    if (input.values.json) session.output.json(record(projection), 'indented');
    else session.output.line(textOf(projection, history.at(-1)!, Date.now()));
    return exitCodes.done;
  },
};

function record(projection: Projection): Record<string, unknown> {
  const { runId, status, version, updatedAt, pauseReason } = projection.run;
  const reason = pauseReason ? { pauseReason } : {};
  return { runId, status, version, updatedAt, ...reason, waitingFor: waitingFor(projection) };
}

function textOf(projection: Projection, last: Event, now: number): string {
  const { run } = projection;
  if (isEnded(run.status)) return whyEnded(run.runId, run.status, timeText(last.createdAt));
  const waits = waitingFor(projection);
  const since = `${durationText(Math.max(0, now - last.createdAt))} ago`;
  const lines = waits.map((one) => singleLine(`  ${lineOf(one, now)}`));
  const head = `Run ${run.runId} is ${run.status}; its last event is ${last.eventType}, ${since}.`;
  const open = lines.length > 0 ? ['It waits for:', ...lines] : [];
  if (run.pauseReason) return [head, ...whyPaused(run.pauseReason), ...open].join('\n');
  return [head, ...(open.length > 0 ? open : waitsForNothing)].join('\n');
}

function lineOf(waiting: Waiting, now: number): string {
  const ago = (time: number) => `${durationText(Math.max(0, now - time))}`;
  const ahead = (time: number) =>
    time > now
      ? `in ${durationText(time - now)}`
      : `due since ${durationText(now - time)}: does a worker run?`;
  switch (waiting.kind) {
    case 'start':
      return `a worker, for ${ago(waiting.since)}`;
    case 'step': {
      const name = `step ${shortName(waiting.stepName)}`;
      if (waiting.status === 'pending') return `${name}, not started for ${ago(waiting.since)}`;
      if (waiting.status === 'offered')
        return `${name}, offered to every worker for ${ago(waiting.since)}: does one run that has its code and a slot?`;
      if (waiting.status === 'running')
        return `${name}, attempt ${waiting.attempt} at ${waiting.worker}, begun ${ago(waiting.since)} ago`;
      return `${name}, attempt ${waiting.attempt + 1} ${ahead(waiting.retryAt ?? now)}`;
    }
    case 'sleep':
      return `a sleep until ${timeText(waiting.until)}, ${ahead(waiting.until)}`;
    case 'hook':
      return `hook ${JSON.stringify(waiting.token)}, for ${ago(waiting.since)}`;
    case 'child':
      return `run ${waiting.childRunId}, for ${ago(waiting.since)}`;
  }
}
