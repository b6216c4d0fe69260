/**
 * Moving a run to another program.
 *
 * A run stays on the program it started on. It is moved by a sent `run_resumed` that names the other
 * program: after a replay of the whole history against that program issued the very commands that are recorded, and
 * for the version that was replayed only, so that nothing recorded meanwhile escapes the check.
 */
import { type Event, isEnded, type World, WorldError } from '@perdure/world';
import { type ReplayMeans, replayReported } from './divergence.ts';
import type { Engine } from './engine.ts';
import { WorkflowRunNotFoundError } from './errors.ts';
import { moveToEnded } from './messages.ts';
import type { Program } from './program.ts';
import { programOf } from './program-of.ts';
import { ulid } from './ulid.ts';

export interface ProgramMove {
  readonly runId: string;
  /** How many events were replayed. */
  readonly version: number;
  /** Hashes of the program the run is on, and of the one that was asked for. */
  readonly from: string;
  readonly to: string;
  readonly outcome: 'checked' | 'moved' | 'already there';
}

export type MoveMeans = ReplayMeans & Pick<Engine, 'world' | 'clock' | 'programs'>;

/**
 * Replays a run's history against another program, and with `move` moves the run there when it is clean.
 *
 * Throws `DivergenceError` with both places, `WorkflowNotRegisteredError`, `WorkflowRunNotFoundError`, RUN_ENDED.
 */
export async function moveToProgram(
  means: MoveMeans,
  runId: string,
  program: Program,
  mode: 'check' | 'move',
): Promise<ProgramMove> {
  for (;;) {
    const history = await historyOf(means.world, runId);
    const from = programOf(history);
    const version = history.length;
    const move = { runId, version, from, to: program.hash };
    if (from === program.hash && mode === 'move') return { ...move, outcome: 'already there' };
    const before = from === program.hash ? undefined : await means.programs.get(from).catch(() => undefined);
    replayReported(means, history, program, before);
    if (mode === 'check') return { ...move, outcome: 'checked' };
    if (await send(means, move)) return { ...move, outcome: 'moved' };
  }
}

async function historyOf(world: World, runId: string): Promise<Event[]> {
  const run = await world.runs.get(runId);
  if (!run) throw new WorkflowRunNotFoundError(runId);
  if (isEnded(run.status)) throw moveToEnded(runId, run.status);
  return world.runs.history(runId);
}

/** False when the run went on since its history was read. */
async function send(
  { world, clock }: MoveMeans,
  { runId, version, to }: { readonly runId: string; readonly version: number; readonly to: string },
): Promise<boolean> {
  const event = {
    eventType: 'run_resumed',
    key: `move_${ulid(clock())}`,
    eventData: { program: to },
  } as const;
  try {
    await world.runs.send(runId, event, { after: version });
    return true;
  } catch (error) {
    if (!WorldError.is(error)) throw error;
    if (error.code === 'RUN_ENDED') throw moveToEnded(runId, 'over');
    if (error.code === 'TAIL_MOVED') return false;
    throw error;
  }
}
