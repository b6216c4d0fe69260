/** Steps whose attempts were cut off by the end of their process. */
import { type Event, eventIdOf } from '@perdure/world';
import { createMemoryWorld } from '@perdure/world-memory';
import { beforeAll, expect, it } from 'vitest';
import type { ProgramSource } from '../src/index.ts';
import { declareSteps, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
let bodies = 0;

beforeAll(async () => {
  declareSteps({
    'restart/step': () => {
      bodies += 1;
      return 'done';
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    const one = step('restart/step');
    registerWorkflow('restarts', async () => await one());
  `);
});

const leaseMs = 10_000;

/** A run whose only step was started `times` times by processes that died, the last time now. */
async function cutOff(times: number) {
  bodies = 0;
  const time = { now: 1_800_000_000_000 };
  const clock = (): number => time.now;
  const world = createMemoryWorld({ clock });
  const producer = startHarness(program, { world, clock, worker: 'off' });
  const { runId } = await producer.runtime.start({ workflowId: 'restarts' }, []);
  await producer.runtime.close();
  const { claimed } = await world.runs.claim({ worker: 'worker_dead', leaseMs, limit: 1 });
  const correlationId = `step_${runId.slice('wrun_'.length)}_0`;
  const drafts: Pick<Event, 'eventType' | 'eventData' | 'correlationId'>[] = [
    { eventType: 'run_started', eventData: {} },
    {
      eventType: 'step_created',
      correlationId,
      eventData: { stepName: 'restart/step', input: '[{"args":1},[]]' },
    },
    ...Array.from({ length: times }, (_, i) => ({
      eventType: 'step_started' as const,
      correlationId,
      eventData: { attempt: i + 1, worker: 'worker_dead' },
    })),
  ];
  const events = drafts.map((draft, i) => {
    const version = i + 2;
    return { ...draft, runId, version, eventId: eventIdOf(version), createdAt: time.now } as Event;
  });
  await world.runs.append(claimed[0]!.claim, events, { after: 1, wakeAt: time.now, release: true });
  const harness = startHarness(program, { world, clock, pollMs: 5 });
  return { harness, runId, time };
}

it('starts again at once the first times', async () => {
  const { harness, runId } = await cutOff(3);
  expect(await harness.runtime.getRun(runId).returnValue).toBe('done');
  expect(bodies).toBe(1);
  await harness.close();
});

it('starts again later each time when every attempt ends its process', async () => {
  for (const [times, delayMs] of [
    [4, 1_000],
    [6, 4_000],
    [40, 60_000],
  ] as const) {
    const { harness, runId, time } = await cutOff(times);
    await until(() => harness.runtime.counters.replays > 0);
    const due = await until(async () => {
      const { nextWakeAt } = await harness.world.runs.claim({ worker: 'worker_b', leaseMs, limit: 1 });
      return nextWakeAt !== null && nextWakeAt > time.now && nextWakeAt - time.now !== leaseMs && nextWakeAt;
    });
    expect(due, 'given back until then').toBe(time.now + delayMs);
    time.now += delayMs - 1;
    const { replays } = harness.runtime.counters;
    const other = await harness.runtime.start({ workflowId: 'restarts' }, []);
    await other.returnValue;
    expect(bodies, `after ${times} attempts`).toBe(1);
    expect(harness.runtime.counters.replays).toBeGreaterThan(replays);
    time.now += 1;
    expect(await harness.runtime.getRun(runId).returnValue).toBe('done');
    expect(bodies).toBe(2);
    await harness.close();
  }
});
