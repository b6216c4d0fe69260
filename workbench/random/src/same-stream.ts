/** The same commands on every world: for sketches in which neither order nor time is left to chance. */
import { isDeepStrictEqual } from 'node:util';
import type { PlayedRun, Playing } from './playing.ts';
import { recordedBy } from './recorded.ts';
import { type Sketch, type Statement, statementsOf } from './sketch.ts';

/** Whether every run of the sketch asks for the same things in the same order. */
export function isFixed({ body, cancelAt }: Sketch): boolean {
  return cancelAt === undefined && [...statementsOf(body)].every(isFixedStatement);
}

function isFixedStatement(statement: Statement): boolean {
  switch (statement.kind) {
    case 'step':
      return statement.form !== 'stamped';
    case 'choice':
      return statement.by === 'value';
    case 'hook':
      return statement.uses.every(({ kind }) => kind !== 'timed' && kind !== 'dispose');
    // Ids of children are made up; branches go on as their steps complete, and so do signals.
    case 'child':
    case 'parallel':
    case 'drain':
    case 'abort':
      return false;
    default:
      return true;
  }
}

/** Sketches whose runs asked for different things in different settings. */
export function differentStreams(playings: readonly Playing[]): { sketch: Sketch; problem: string }[] {
  const first = new Map<Sketch, { stream: readonly unknown[]; playing: Playing }>();
  const different: { sketch: Sketch; problem: string }[] = [];
  for (const playing of playings) {
    for (const run of playing.runs.filter(({ sketch, start }) => isFixed(sketch) && start === sketch.start)) {
      const stream = streamOf(run);
      const before = first.get(run.sketch);
      if (!before) first.set(run.sketch, { stream, playing });
      else if (!isDeepStrictEqual(stream, before.stream)) {
        const settings = [before.playing, playing].map(({ setting }) => JSON.stringify(setting));
        different.push({
          sketch: run.sketch,
          problem: `it asks for different things in ${settings.join(' and ')}`,
        });
      }
    }
  }
  return different;
}

/** What a run asked for, without what its id and the time say. */
function streamOf({ runId, history }: PlayedRun): readonly unknown[] {
  const base = runId.slice(runId.lastIndexOf('_') + 1);
  return history.flatMap((event) => {
    const recorded = recordedBy(event);
    if (!recorded) return [];
    const { args, ...rest } = JSON.parse(JSON.stringify(recorded).replaceAll(base, 'base')) as {
      args?: unknown;
    };
    return [event.eventType === 'wait_created' ? rest : { ...rest, args }];
  });
}
