/** Functions, runs and instances that cross as what they stand for. */
import { getWritable, sleep } from 'perdure';
import { type Run, start, type Workflow } from 'perdure/api';
import { child } from './children.ts';
import { Money } from './classes.ts';

type Call = (...args: never[]) => Promise<unknown>;

async function call(step: Call, ...args: unknown[]): Promise<unknown> {
  'use step';
  return step(...(args as never[]));
}

async function startGiven(workflow: Workflow<[number], number>, n: number): Promise<string> {
  'use step';
  return (await start(workflow, [n])).runId;
}

async function statusOf(run: Run): Promise<string> {
  'use step';
  return `${run.runId} ${await run.status}`;
}

async function giveBack<T>(value: T): Promise<T> {
  'use step';
  return value;
}

async function writeTo(stream: WritableStream<string>, text: string): Promise<void> {
  'use step';
  const writer = stream.getWriter();
  await writer.write(text);
  writer.releaseLock();
}

/** A step takes what it closes over along, wherever it is called. */
export async function passesClosure(n: number): Promise<unknown[]> {
  'use workflow';
  const times = async (by: number): Promise<number> => {
    'use step';
    return n * by;
  };
  const back = await giveBack(times);
  const withFive = times.bind(undefined, 5);
  return [await call(times, 3), await back(4), await call(withFive), await (await giveBack(withFive))()];
}

/** A method that is bound takes its instance along. */
export async function passesMethod(money: Money): Promise<unknown> {
  'use workflow';
  const other = new Money(10, 'EUR');
  const converted = other.converted.bind(money);
  const back = await giveBack(converted);
  const made = [
    (await call(converted as Call, 'USD', 3)) as Money,
    await back.call(other, 'CHF', 2),
    await money.converted.call(other, 'SEK', 1),
    (await call(money.converted as Call, 'NOK', 5)) as Money,
  ];
  return made.map(({ amount, currency }) => `${amount} ${currency}`);
}

/** A workflow as an argument can be started, in the workflow and in a step. */
export async function startsGiven(workflow: Workflow<[number], number>): Promise<unknown[]> {
  'use workflow';
  const here = await (await start(workflow, [1])).returnValue;
  const runId = await startGiven(workflow, 2);
  const own = await startGiven(child as Workflow<[number], number>, 3);
  return [here, runId.startsWith('wrun_'), own.startsWith('wrun_')];
}

/** Handles of a run and of its streams come back from a step as what they were. */
export async function passesHandles(): Promise<unknown[]> {
  'use workflow';
  const run = await start(child, [1]);
  await run.returnValue;
  const again = await giveBack(run);
  await writeTo(await giveBack(getWritable<string>()), 'through a step');
  await sleep(1);
  return [(await statusOf(run)) === `${run.runId} completed`, again.runId === run.runId, await again.status];
}

/** A controller that a step gave back is the one that it was given. */
export async function passesController(): Promise<unknown[]> {
  'use workflow';
  const controller = new AbortController();
  const back = await giveBack(controller);
  const signal = await giveBack(controller.signal);
  back.abort('once');
  return [controller.signal.aborted, signal.aborted, signal.reason, back.signal === controller.signal];
}

export { Money };
