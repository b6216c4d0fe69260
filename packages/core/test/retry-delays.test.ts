/** When a failed attempt is followed by the next one, read from the history: nobody waits for it here. */
import { createMemoryWorld } from '@perdure/world-memory';
import { beforeAll, describe, expect, it } from 'vitest';
import { getStepMetadata, type ProgramSource, RetryableError } from '../src/index.ts';
import { declareSteps, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
const ids: unknown[][] = [];

beforeAll(async () => {
  const fails = () => {
    throw new Error('busy');
  };
  declareSteps({
    'delays/usual': fails,
    'delays/backoff': Object.assign(() => fails(), {
      retry: { maxAttempts: 6, delay: 100, backoff: 3, maxDelay: '2s' },
    }),
    'delays/jitter': Object.assign(() => fails(), {
      retry: { maxAttempts: 9, delay: 1_000, backoff: 1, jitter: 0.5 },
    }),
    'delays/ids': Object.assign(
      () => {
        const { stepId, attempt, stepName } = getStepMetadata();
        ids.push([stepId, attempt, stepName]);
        if (attempt < 3) fails();
        return stepId;
      },
      { retry: { delay: 1 } },
    ),
    'delays/short': () => {
      throw new RetryableError('soon', { retryAfter: '7ms' });
    },
    'delays/date': () => {
      throw new RetryableError('then', { retryAfter: new Date(2_000_000_000_000) });
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    const identified = step('delays/ids');
    registerWorkflow('ids', async () => [await identified(), await identified()]);
    for (const name of ['usual', 'backoff', 'jitter', 'short', 'date']) {
      const fails = step('delays/' + name);
      registerWorkflow(name, async () => { try { await fails(); } catch (e) { return e.name; } });
    }
  `);
});

/** The delays after each attempt of the one step of a workflow, on a clock that jumps to each. */
async function delaysOf(workflowId: string, attempts = Number.POSITIVE_INFINITY): Promise<number[]> {
  let now = 1_800_000_000_000;
  const clock = () => now;
  const world = createMemoryWorld({ clock });
  const harness = startHarness(program, { world, clock, pollMs: 1 });
  const { runId } = await harness.runtime.start({ workflowId }, []);
  const delays: number[] = [];
  for (;;) {
    const history = await until(async () => {
      const events = await world.runs.history(runId);
      const retries = events.filter(({ eventType }) => eventType === 'step_retrying');
      const ended = events.some(({ eventType }) => eventType === 'run_completed');
      return (ended || retries.length > delays.length) && { retries, ended };
    });
    const retry = history.retries[delays.length];
    if (retry?.eventType !== 'step_retrying') break;
    delays.push(retry.eventData.retryAt - retry.createdAt);
    if (delays.length === attempts) break;
    now = retry.eventData.retryAt;
  }
  await harness.close();
  return delays;
}

describe('the next attempt of a step', () => {
  it('comes after 250 ms, and then twice as late each time', async () => {
    expect(await delaysOf('usual')).toEqual([250, 500, 1_000]);
  });

  it('comes as its policy says: a first delay, a factor, a longest delay, a number of attempts', async () => {
    expect(await delaysOf('backoff')).toEqual([100, 300, 900, 2_000, 2_000]);
  });

  it('comes earlier by a random share where the policy has jitter', async () => {
    const delays = await delaysOf('jitter');
    expect(delays).toHaveLength(8);
    for (const delay of delays) {
      expect(delay).toBeGreaterThanOrEqual(500);
      expect(delay).toBeLessThanOrEqual(1_000);
    }
    expect(new Set(delays).size).toBeGreaterThan(1);
  });

  it('comes when a RetryableError says, to the millisecond', async () => {
    expect(await delaysOf('short')).toEqual([7, 7, 7]);
    expect(await delaysOf('date', 1)).toEqual([200_000_000_000]);
  });
});

describe('every attempt of a step', () => {
  it('has the same id, which no other step has', async () => {
    const harness = startHarness(program);
    const [one, two] = (await harness.run('ids')) as string[];
    expect(one).not.toBe(two);
    const expected = [one, two].flatMap((id) => [1, 2, 3].map((attempt) => [id, attempt, 'delays/ids']));
    expect(ids).toEqual(expected);
    await harness.close();
  });
});
