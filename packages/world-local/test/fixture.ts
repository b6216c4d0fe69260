import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AppendOptions,
  type AppendResult,
  type Claim,
  type Event,
  type EventOf,
  eventIdOf,
  type Payload,
  type SentEvent,
} from '@perdure/world';
import { onTestFinished } from 'vitest';
import { createLocalWorld, type LocalWorld, type LocalWorldOptions } from '../src/index.ts';

export const LEASE_MS = 10_000;

/** A directory of one test's own, gone with it. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'perdure-local-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function openWorld(options: LocalWorldOptions & { dataDir: string }): LocalWorld {
  const world = createLocalWorld(options);
  onTestFinished(() => world.close());
  return world;
}

export function runCreated(runId: string, input: Payload = '[]'): EventOf<'run_created'> {
  const eventData = { workflowName: 'flow', program: 'abc', seed: 's33d', input };
  return { runId, eventId: eventIdOf(1), version: 1, eventType: 'run_created', createdAt: 1000, eventData };
}

export async function start(world: LocalWorld, runId: string): Promise<Claim> {
  const { claim } = await world.runs.create(runCreated(runId), {
    claimFor: { worker: 'worker_a', leaseMs: LEASE_MS },
  });
  if (!claim) throw new Error(`Expected a claim of ${runId}, got none.`);
  return claim;
}

type Draft = { eventType: string; correlationId?: string; eventData: object };

export function append(
  world: LocalWorld,
  claim: Claim,
  after: number,
  drafts: readonly Draft[],
  options: Partial<AppendOptions> = {},
): Promise<AppendResult> {
  const events = drafts.map((draft, index) => {
    const version = after + index + 1;
    return { runId: claim.runId, eventId: eventIdOf(version), version, createdAt: 1000, ...draft } as Event;
  });
  return world.runs.append(claim, events, { after, wakeAt: null, ...options });
}

export function stepCreated(correlationId: string, input: Payload = '[]'): Draft {
  return { eventType: 'step_created', correlationId, eventData: { stepName: 'work', input } };
}

export function hookCreated(correlationId: string, token: string): Draft {
  return { eventType: 'hook_created', correlationId, eventData: { token } };
}

export const runStarted: Draft = { eventType: 'run_started', eventData: {} };
export const runCompleted: Draft = { eventType: 'run_completed', eventData: { output: '1' } };

export function received(key: string, correlationId: string, payload: Payload = '"p"'): SentEvent {
  return { eventType: 'hook_received', key, correlationId, eventData: { payload } };
}

export function activeFile(dataDir: string, runId: string): string {
  return join(dataDir, 'runs', 'active', `${runId}.jsonl`);
}

export function endedFile(dataDir: string, runId: string): string {
  return join(dataDir, 'runs', 'ended', `${runId}.jsonl`);
}

export function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

/** Waits for something that another process or the file system brings about; the time is only a failure's bound. */
export async function until(condition: () => unknown | Promise<unknown>, what: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Expected ${what} within 10 s.`);
}
