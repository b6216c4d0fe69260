/** Runs as an engine would have left them in a data directory. */
import { type Event, type EventData, type EventType, eventIdOf, type World } from '@perdure/world';
import { createLocalWorld } from '@perdure/world-local';

/** A type, its data, and the correlation id where it has one. */
export type Draft = { [T in EventType]: readonly [T, EventData<T>, string?] }[EventType];

export const startedAt = 1_795_000_000_000;

/** Stores a history after its `run_created` in a data directory, one second between events. */
export async function storeRun(
  dataDir: string,
  runId: string,
  drafts: readonly Draft[],
  name = 'greet',
): Promise<void> {
  const world = createLocalWorld({ dataDir });
  try {
    await storeIn(world, runId, { drafts, name, from: startedAt });
  } finally {
    await world.close();
  }
}

export interface Stored {
  readonly drafts: readonly Draft[];
  readonly name?: string;
  /** When it begins, in milliseconds since the epoch. */
  readonly from: number;
}

/** The same, in any world. */
export async function storeIn(
  world: World,
  runId: string,
  { drafts, name = 'greet', from }: Stored,
): Promise<void> {
  const created: Draft = [
    'run_created',
    {
      workflowName: `workflow//app//${name}`,
      program: 'ab12',
      seed: 'secret-seed',
      input: '[{"args":1},[2],"Ada"]',
    },
  ];
  const events = [created, ...drafts].map(([eventType, eventData, correlationId], index) => ({
    runId,
    eventId: eventIdOf(index + 1),
    version: index + 1,
    eventType,
    eventData,
    createdAt: from + index * 1_000,
    ...(correlationId === undefined ? {} : { correlationId }),
  })) as Event[];
  const [first, ...rest] = events;
  const claimFor = { worker: 'worker_test', leaseMs: 10_000 };
  const { claim } = await world.runs.create(first as Parameters<typeof world.runs.create>[0], { claimFor });
  if (rest.length > 0) await world.runs.append(claim!, rest, { after: 1, wakeAt: null, release: true });
}

const step = 'step_x_0';

export const completed: readonly Draft[] = [
  ['run_started', {}],
  ['step_created', { stepName: 'step//app//hello', input: '[{"args":1},[2],"Ada"]' }, step],
  ['step_started', { attempt: 1, worker: 'worker_test' }, step],
  ['step_completed', { output: '["Hello Ada"]' }, step],
  ['run_completed', { output: '[["Map",1,2],"greeting","Hello Ada"]' }],
];

export const failed: readonly Draft[] = [
  ['run_started', {}],
  [
    'run_failed',
    {
      error: '[["Error",1],{"name":2,"message":3,"stack":4},"TypeError","no such friend","at x"]',
      errorCode: 'TypeError',
    },
  ],
];

/** Sealed payloads, and text that would rewrite a terminal. */
export const hostile: readonly Draft[] = [
  ['run_started', {}],
  ['step_created', { stepName: 'step//app//\u001b[31mred', input: new Uint8Array([2, 1, 65, 9]) }, step],
  ['step_started', { attempt: 1, worker: 'worker_test' }, step],
  ['step_completed', { output: new Uint8Array([2, 1, 65, 9]) }, step],
  ['hook_created', { token: 'to\u202eken\u009b2J' }, 'hook_x_1'],
  ['wait_created', { resumeAt: startedAt + 60_000 }, 'wait_x_2'],
];
