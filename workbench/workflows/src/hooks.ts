import {
  createHook,
  defineHook,
  getStepMetadata,
  getWorkflowMetadata,
  type HookDefinition,
  type StandardSchema,
} from 'perdure';
import { resumeHook, start } from 'perdure/api';
import { HookNotFoundError } from 'perdure/errors';
import { add, delayed } from './steps.ts';

export async function collects(token: string): Promise<unknown[]> {
  'use workflow';
  const hook = createHook<{ value: unknown; last?: boolean }>({ token, metadata: { purpose: 'collect' } });
  const got: unknown[] = [];
  for await (const payload of hook) {
    got.push(payload.value);
    if (payload.last) break;
  }
  return got;
}

export async function awaitsOne(token: string): Promise<unknown> {
  'use workflow';
  return await createHook({ token });
}

export async function reusesToken(token: string, rounds: number): Promise<unknown[]> {
  'use workflow';
  const got: unknown[] = [];
  for (let i = 0; i < rounds; i += 1) {
    using hook = createHook({ token });
    got.push(await hook);
  }
  return got;
}

export async function reportsConflict(token: string): Promise<string[]> {
  'use workflow';
  try {
    await createHook({ token });
    return ['no conflict'];
  } catch (error) {
    const { name, ownerRunId } = error as { name: string; ownerRunId: string };
    return [name, ownerRunId];
  }
}

/** Two payloads arrive before the step that follows the first. */
export async function payloadsAroundSteps(token: string): Promise<number> {
  'use workflow';
  const hook = createHook<number>({ token });
  const first = await hook;
  const between = await delayed(20, 100);
  const second = await hook;
  return add(first + second, between);
}

export async function madeUpToken(): Promise<boolean> {
  'use workflow';
  const one = createHook();
  const two = createHook();
  await add(1, 1);
  return one.token.length === 64 && one.token !== two.token;
}

async function stepMetadata(): Promise<Record<string, unknown>> {
  'use step';
  const step = getStepMetadata();
  return { ...step, signal: step.signal instanceof AbortSignal, run: getWorkflowMetadata() };
}

export async function metadata(): Promise<unknown> {
  'use workflow';
  const before = getWorkflowMetadata();
  const step = await stepMetadata();
  const after = getWorkflowMetadata();
  return { before, after, step };
}

export async function receivesWithTimeout(token: string): Promise<unknown[]> {
  'use workflow';
  const hook = createHook({ token });
  const early = await hook.receive({ timeout: '5ms' });
  await delayed(1, 'time for a payload');
  const late = await hook.receive({ timeout: '1h' });
  return [early, late];
}

export async function asksForOwner(token: string): Promise<string | null> {
  'use workflow';
  const owner = await createHook({ token }).getConflict();
  return owner ? owner.runId : null;
}

/** A token as a mutex over runs: who finds it taken waits for its owner's end, and asks again. */
export async function exclusive(token: string, name: string): Promise<string> {
  'use workflow';
  for (;;) {
    using hook = createHook({ token });
    const owner = await hook.getConflict();
    if (!owner) return await delayed(5, `${name} had it alone`);
    await owner.returnValue;
  }
}

/** Checks by hand what a validation library would; any Standard Schema will do. */
const answerSchema: StandardSchema<{ amount: string }, { amount: number }> = {
  '~standard': {
    version: 1,
    vendor: 'workbench',
    validate(value) {
      const amount = Number((value as { amount?: unknown } | null)?.amount);
      return Number.isFinite(amount)
        ? { value: { amount } }
        : { issues: [{ message: 'expected a number', path: ['amount'] }] };
    },
  },
};

export const answer: HookDefinition<{ amount: string }, { amount: number }, unknown> = defineHook({
  schema: answerSchema,
});

export async function definedHook(token: string): Promise<number> {
  'use workflow';
  const { amount } = await answer.create({ token });
  return amount + 1;
}

/** Host code that resumes it, as a route would. */
export async function answers(token: string, amount: string): Promise<void> {
  await answer.resume(token, { amount });
}

export async function retainsToken(token: string): Promise<string> {
  'use workflow';
  createHook({ token, minRetention: '1h' });
  await add(1, 1);
  return 'ended';
}

/** A route that does not know whether somebody waits already. */
export async function resumeOrStart(token: string, payload: unknown): Promise<string> {
  try {
    return (await resumeHook(token, payload)).runId;
  } catch (error) {
    if (!HookNotFoundError.is(error)) throw error;
    return (await start(awaitsOne, [token])).runId;
  }
}
