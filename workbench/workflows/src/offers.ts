/** Steps that ask to be offered: any worker of the fleet may run them. */
import { getStepMetadata, getWorkflowMetadata, sleep } from 'perdure';

async function half(n: number): Promise<number> {
  'use step';
  return n / 2;
}
half.offer = true;

async function whole(n: number): Promise<number> {
  'use step';
  return n * 2;
}

async function third(): Promise<number> {
  'use step';
  const { attempt } = getStepMetadata();
  if (attempt < 3) throw new Error('not yet');
  return attempt;
}
Object.assign(third, { offer: true, retry: { delay: 1 } });

export class Press {
  readonly pages: number = 1;

  static async print(text: string): Promise<string> {
    'use step';
    return `printed ${text}`;
  }
}
Object.assign(Press.print, { offer: true });

async function knows(): Promise<unknown> {
  'use step';
  const { stepName, attempt } = getStepMetadata();
  const { workflowRunId, url, features } = getWorkflowMetadata();
  return [stepName.split('//').at(-1), attempt, workflowRunId, url, features];
}
knows.offer = true;

async function untilAborted(signal: AbortSignal): Promise<string> {
  'use step';
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return `aborted: ${signal.reason}`;
}
untilAborted.offer = true;

const stopped = new Set<string>();

async function untilStopped(name: string): Promise<void> {
  'use step';
  const { signal } = getStepMetadata();
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  stopped.add(name);
}
untilStopped.offer = true;

export async function wasStopped(name: string): Promise<boolean> {
  return stopped.has(name);
}

export async function mixesOffered(): Promise<unknown[]> {
  'use workflow';
  const doubled = await whole(3);
  return [doubled, await half(doubled), await Press.print('page')];
}

export async function offersMany(n: number): Promise<number> {
  'use workflow';
  const halves = await Promise.all(Array.from({ length: n }, (_, i) => half(2 * i)));
  return halves.reduce((sum, value) => sum + value, 0);
}

/** In every round a step here, one for whoever takes it, and a time at which nobody has the run. */
export async function restsBetween(rounds: number): Promise<number> {
  'use workflow';
  let sum = 0;
  for (let round = 0; round < rounds; round += 1) {
    sum += (await whole(round)) + (await half(2 * round));
    await sleep(1);
  }
  return sum;
}

export async function offersUntilItWorks(): Promise<number> {
  'use workflow';
  return third();
}

export async function offeredKnows(): Promise<boolean> {
  'use workflow';
  const { workflowRunId, url, features } = getWorkflowMetadata();
  const expected = ['knows', 1, workflowRunId, url, features];
  return JSON.stringify(await knows()) === JSON.stringify(expected);
}

export async function abortsOffered(): Promise<string> {
  'use workflow';
  const controller = new AbortController();
  const work = untilAborted(controller.signal);
  await sleep(20);
  controller.abort('enough');
  return work;
}

export async function offeredUntilCancelled(name: string): Promise<void> {
  'use workflow';
  await untilStopped(name);
}
