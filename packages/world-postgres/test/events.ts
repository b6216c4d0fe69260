/** Runs and events for tests that need no more than a few. */
import { type Claim, type Event, type EventOf, eventIdOf, type World } from '@perdure/world';

export const LEASE_MS = 10_000;

export function runCreated(runId: string, data: object = {}): EventOf<'run_created'> {
  const eventData = { workflowName: 'flow', program: 'abc123', seed: 's33d', input: '[]', ...data };
  return { runId, eventId: eventIdOf(1), version: 1, eventType: 'run_created', createdAt: 5, eventData };
}

export function event(runId: string, version: number, eventType: string, more: object = {}): Event {
  return {
    runId,
    eventId: eventIdOf(version),
    version,
    eventType,
    createdAt: 5,
    eventData: {},
    ...more,
  } as Event;
}

export async function start(world: World, runId: string, worker = 'worker_a'): Promise<Claim> {
  const { claim } = await world.runs.create(runCreated(runId), { claimFor: { worker, leaseMs: LEASE_MS } });
  return claim!;
}

export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
