import type { Event } from './event.ts';
import { apply, onceNameOf } from './fold.ts';
import type { Projection, RunProjection } from './projection.ts';

interface Entity {
  readonly map: Map<string, unknown>;
  readonly id: string;
  readonly before: unknown;
}

/**
 * Adds events to a projection, all of them or none.
 *
 * Throws what `apply` throws, with the projection as it was. The returned function takes the events back, for
 * a store whose write fails after the projection accepted it; it holds only until the next event is applied.
 */
export function applyAll(projection: Projection, events: readonly Event[]): () => void {
  const run = { ...projection.run };
  const entities: Entity[] = [];
  const takeBack = () => {
    for (const { map, id, before } of entities.reverse()) {
      if (before === undefined) map.delete(id);
      else map.set(id, before);
    }
    restore(projection.run, run);
  };
  try {
    for (const event of events) {
      remember(entities, projection, event);
      apply(projection, event);
    }
  } catch (error) {
    takeBack();
    throw error;
  }
  return takeBack;
}

function remember(entities: Entity[], projection: Projection, event: Event): void {
  const { eventType, correlationId: id, key } = event;
  const map = mapOf(projection, event);
  if (map && id !== undefined) keep(entities, map, id);
  if (eventType === 'abort_requested' || eventType === 'child_started') {
    keep(entities, projection.once, onceNameOf(event));
  }
  if (eventType === 'child_started' || eventType === 'child_completed') {
    keep(entities, projection.children, event.eventData.childRunId);
  }
  if (key !== undefined) keep(entities, projection.keys, key);
}

function keep(entities: Entity[], map: Map<string, unknown>, id: string): void {
  const before = map.get(id);
  entities.push({ map, id, before: typeof before === 'object' ? { ...before } : before });
}

function mapOf(projection: Projection, event: Event): Map<string, object> | undefined {
  const prefix = event.eventType.slice(0, 4);
  if (prefix === 'step') return projection.steps;
  if (prefix === 'wait') return projection.waits;
  return prefix === 'hook' ? projection.hooks : undefined;
}

function restore(run: RunProjection, before: RunProjection): void {
  const record = run as unknown as Record<string, unknown>;
  for (const name of Object.keys(record)) if (!Object.hasOwn(before, name)) delete record[name];
  Object.assign(record, before);
}
