import type { Event, EventOf } from '@perdure/world';

/** The program that events move their run to; undefined when they do not. */
export function moveIn(events: readonly Event[]): string | undefined {
  const move = events.findLast(
    ({ eventType, eventData }) => eventType === 'run_resumed' && 'program' in eventData,
  );
  return (move as EventOf<'run_resumed'> | undefined)?.eventData.program;
}

/** The hash of the program a history belongs to. */
export function programOf(history: readonly Event[]): string {
  return moveIn(history) ?? (history[0] as EventOf<'run_created'>).eventData.program;
}
