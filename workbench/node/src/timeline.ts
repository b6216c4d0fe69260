/** What happened to a run, for people: read from its history alone. */
import type { Event } from '@perdure/world';

const short = (name: string): string => name.slice(name.lastIndexOf('/') + 1);
const processOf = (worker: string): string => worker.split('_')[1] ?? '?';

interface StepStory {
  readonly name: string;
  readonly attempts: { readonly at: number; readonly pid: string }[];
  completions: number;
}

export interface Story {
  readonly lines: string[];
  readonly steps: ReadonlyMap<string, StepStory>;
}

/** One line an event; times in seconds since the run was created. */
export function tellStory(history: readonly Event[]): Story {
  const begin = history[0]?.createdAt ?? 0;
  const steps = new Map<string, StepStory>();
  const lines: string[] = [];
  for (const event of history) {
    const text = describe(event, steps);
    if (text) lines.push(`  ${((event.createdAt - begin) / 1_000).toFixed(2).padStart(6)} s  ${text}`);
  }
  return { lines, steps };
}

function describe(event: Event, steps: Map<string, StepStory>): string | undefined {
  const id = event.correlationId ?? '';
  const step = steps.get(id);
  switch (event.eventType) {
    case 'run_created':
      return 'order received';
    case 'step_created':
      steps.set(id, { name: short(event.eventData.stepName), attempts: [], completions: 0 });
      return undefined;
    case 'step_started': {
      const pid = processOf(event.eventData.worker);
      step?.attempts.push({ at: event.createdAt, pid });
      const again = event.eventData.attempt > 1 ? '  <- again: the process of the last attempt is gone' : '';
      return `${step?.name} attempt ${event.eventData.attempt} starts in process ${pid}${again}`;
    }
    case 'step_completed':
      if (step) step.completions += 1;
      return `${step?.name} done`;
    case 'wait_created':
      return `sleeps until ${((event.eventData.resumeAt - event.createdAt) / 1_000).toFixed(2)} s later`;
    case 'wait_completed':
      return 'wakes';
    case 'hook_created':
      return 'waits for approval';
    case 'hook_received':
      return 'approved over HTTP';
    case 'run_completed':
      return 'order completed';
    default:
      return undefined;
  }
}
