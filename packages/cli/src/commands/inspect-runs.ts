import { shortName } from '@perdure/core';
import type { RunProjection, RunStatus, World } from '@perdure/world';
import { textOf } from '../arguments.ts';
import { type Command, exitCodes, type Input } from '../command.ts';
import { inspectRuns as help } from '../help.ts';
import { flagInvalid, moreRuns, noRuns, problemLine } from '../messages.ts';
import { withWorld, worldFlags } from '../open-world.ts';
import type { Output } from '../output.ts';
import { table } from '../table.ts';
import { durationText, timeText } from '../time-text.ts';

const statuses: readonly RunStatus[] = ['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'];
const limitDefault = 20;
const limitMax = 1_000_000;
const pageRuns = 100;

interface Wanted {
  readonly limit: number;
  readonly status?: RunStatus;
  readonly workflow?: string;
}

export const inspectRuns: Command = {
  name: 'inspect runs',
  flags: {
    ...worldFlags,
    status: { type: 'string' },
    workflow: { type: 'string' },
    limit: { type: 'string' },
  },
  positionals: [],
  help,
  async run(input, session) {
    const wanted = wantedOf(input);
    const { output } = session;
    // One more than wanted, to know whether there are more.
    const found = await withWorld(input, session, (world) =>
      find(world, { ...wanted, limit: wanted.limit + 1 }),
    );
    const runs = found.slice(0, wanted.limit);
    if (input.values.json) output.json(runs, 'indented');
    else if (runs.length === 0) output.line(noRuns);
    else {
      for (const line of table([['RUN', 'STATUS', 'WORKFLOW', 'CREATED', 'TOOK'], ...runs.map(row)]))
        output.line(line);
      if (found.length > runs.length) output.note(moreRuns(runs.length));
    }
    return tellDamaged(runs, output) > 0 ? exitCodes.refused : exitCodes.done;
  },
};

/** Runs that cannot be read are listed as paused; which and why must not be overlooked. Gives their number. */
function tellDamaged(runs: readonly RunProjection[], output: Output): number {
  const reasons = runs.flatMap(({ pauseReason }) =>
    pauseReason?.code.startsWith('DATA_') ? pauseReason : [],
  );
  for (const reason of reasons) output.note(problemLine({ hint: '', ...reason }));
  return reasons.length;
}

function wantedOf(input: Input): Wanted {
  const limit = textOf(input, 'limit') ?? String(limitDefault);
  if (!/^\d{1,7}$/.test(limit) || Number(limit) < 1 || Number(limit) > limitMax) {
    throw flagInvalid('--limit', `a whole number from 1 to ${limitMax}`, limit);
  }
  const status = textOf(input, 'status');
  if (status !== undefined && !statuses.includes(status as RunStatus)) {
    throw flagInvalid('--status', `one of ${statuses.join(', ')}`, status);
  }
  return {
    limit: Number(limit),
    status: status as RunStatus | undefined,
    workflow: textOf(input, 'workflow'),
  };
}

/** A World knows workflows by their ids only; a short name is told apart here. */
async function find(world: World, { limit, status, workflow }: Wanted): Promise<RunProjection[]> {
  const workflowName = workflow?.includes('//') ? workflow : undefined;
  const found: RunProjection[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await world.runs.list({
      limit: workflow === workflowName ? Math.min(pageRuns, limit - found.length) : pageRuns,
      ...(cursor === undefined ? {} : { cursor }),
      ...(status === undefined ? {} : { status }),
      ...(workflowName === undefined ? {} : { workflowName }),
    });
    for (const run of page.runs) {
      if (!workflow || workflow === run.workflowName || workflow === shortName(run.workflowName))
        found.push(run);
      if (found.length === limit) return found;
    }
    cursor = page.cursor;
    if (cursor === undefined) return found;
  }
}

function row({ runId, status, workflowName, createdAt, completedAt }: RunProjection): string[] {
  const took = completedAt === undefined ? '' : durationText(completedAt - createdAt);
  return [runId, status, shortName(workflowName), timeText(createdAt), took];
}
