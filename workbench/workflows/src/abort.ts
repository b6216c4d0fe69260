import { createHook, fetch, getStepMetadata, sleep } from 'perdure';
import { add, delayed } from './steps.ts';

/** Works until its signal aborts, and says why. */
async function untilAborted(signal: AbortSignal): Promise<string> {
  'use step';
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return `aborted: ${String((signal.reason as Error | undefined)?.name ?? signal.reason)}`;
}

async function abortInStep(controller: AbortController, reason: unknown): Promise<boolean> {
  'use step';
  controller.abort(reason);
  return controller.signal.aborted;
}

async function isAborted(signal: AbortSignal): Promise<boolean> {
  'use step';
  return signal.aborted;
}

export async function timeoutRace(): Promise<unknown[]> {
  'use workflow';
  const controller = new AbortController();
  const work = untilAborted(controller.signal);
  await sleep('10ms');
  controller.abort('too slow');
  return [await work, controller.signal.aborted, controller.signal.reason];
}

export async function parallelAbort(n: number): Promise<string[]> {
  'use workflow';
  const controller = new AbortController();
  const works = Array.from({ length: n }, () => untilAborted(controller.signal));
  await delayed(5, 'all of them work');
  controller.abort(new TypeError('enough'));
  return Promise.all(works);
}

export async function abortFromStep(): Promise<unknown[]> {
  'use workflow';
  const controller = new AbortController();
  const seen: string[] = [];
  controller.signal.addEventListener('abort', () => seen.push('heard'));
  const work = untilAborted(controller.signal);
  const there = await abortInStep(controller, { code: 7 });
  const result = await work;
  await add(0, 0);
  return [there, result, controller.signal.aborted, controller.signal.reason, seen];
}

export async function abortFromHook(token: string): Promise<string> {
  'use workflow';
  const controller = new AbortController();
  const work = untilAborted(controller.signal);
  const reason = await createHook<string>({ token });
  controller.abort(reason);
  return work;
}

export async function alreadyAborted(): Promise<unknown[]> {
  'use workflow';
  const controller = new AbortController();
  controller.abort();
  controller.abort('a second time changes nothing');
  return [await untilAborted(controller.signal), await isAborted(AbortSignal.abort('at once'))];
}

export async function abortAfterCompletion(): Promise<unknown[]> {
  'use workflow';
  const controller = new AbortController();
  const before = await isAborted(controller.signal);
  controller.abort();
  return [before, await isAborted(controller.signal)];
}

export async function reasonsOfEveryType(): Promise<unknown[]> {
  'use workflow';
  const reasons: unknown[] = ['text', 5, null, { a: [1] }, new RangeError('range'), new Date(0)];
  const back: unknown[] = [];
  for (const reason of reasons) {
    const controller = new AbortController();
    await abortInStep(controller, reason);
    await add(0, 0);
    back.push(controller.signal.reason);
  }
  return back;
}

export async function anyAndTimeout(): Promise<unknown[]> {
  'use workflow';
  const controller = new AbortController();
  const either = AbortSignal.any([controller.signal, AbortSignal.timeout(10)]);
  const work = untilAborted(either);
  const result = await work;
  const never = AbortSignal.any([controller.signal]);
  return [result, either.aborted, never.aborted, controller.signal.aborted];
}

/** Which branch is taken depends on what the history says, not on when somebody looks. */
export async function branchesOnAborted(): Promise<string> {
  'use workflow';
  const controller = new AbortController();
  const aborting = abortInStep(controller, 'now');
  await delayed(15, 'later');
  await aborting;
  await add(0, 0);
  return controller.signal.aborted ? 'aborted' : 'went on';
}

export async function listeners(): Promise<unknown[]> {
  'use workflow';
  const controller = new AbortController();
  const { signal } = controller;
  const seen: string[] = [];
  const removed = (): unknown => seen.push('removed');
  signal.addEventListener('abort', removed);
  signal.removeEventListener('abort', removed);
  signal.addEventListener('abort', ({ type }) => seen.push(type), { once: true });
  signal.onabort = () => seen.push('onabort');
  controller.abort();
  try {
    signal.throwIfAborted();
  } catch (error) {
    seen.push((error as Error).name);
  }
  return [seen, signal instanceof AbortSignal, controller instanceof AbortController];
}

const stopped: string[] = [];

async function stopsWhenTold(name: string): Promise<void> {
  'use step';
  const { signal } = getStepMetadata();
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  stopped.push(name);
}

export async function worksUntilCancelled(name: string): Promise<void> {
  'use workflow';
  await stopsWhenTold(name);
}

/** Host code of the process in which the steps ran. */
export function wasStopped(name: string): boolean {
  return stopped.includes(name);
}

export async function abortsFetch(url: string): Promise<unknown[]> {
  'use workflow';
  const controller = new AbortController();
  const answer = fetch(url, { signal: controller.signal }).catch((error: Error) => error);
  await sleep('20ms');
  controller.abort();
  const { name, cause } = (await answer) as Error & { cause?: Error };
  return [name, cause?.name];
}
