import { createHook, sleep } from 'perdure';
import { delayed } from './steps.ts';

export async function sleeps(ms: number): Promise<boolean> {
  'use workflow';
  const before = Date.now();
  await sleep(ms);
  return Date.now() - before >= ms;
}

export async function parallelSleeps(n: number): Promise<number> {
  'use workflow';
  const all = await Promise.all(Array.from({ length: n }, (_, i) => sleep(20 + i).then(() => i)));
  return all.reduce((sum, i) => sum + i, 0);
}

export async function sleepInLoop(n: number): Promise<number> {
  'use workflow';
  let rounds = 0;
  while (rounds < n) {
    await sleep('5ms');
    rounds += 1;
  }
  return rounds;
}

export async function sleepWinsRace(): Promise<string> {
  'use workflow';
  return Promise.race([sleep(5).then(() => 'sleep'), delayed(400, 'step')]);
}

export async function stepWinsRace(): Promise<string> {
  'use workflow';
  return Promise.race([sleep('10m').then(() => 'sleep'), delayed(5, 'step')]);
}

export async function sleepNobodyAwaits(): Promise<string> {
  'use workflow';
  void sleep('1d');
  return delayed(5, 'done');
}

export async function sleepUntilDate(ms: number): Promise<boolean> {
  'use workflow';
  const target = new Date(Date.now() + ms);
  await sleep(target);
  return Date.now() >= target.getTime();
}

export async function refusesNonsense(): Promise<string[]> {
  'use workflow';
  const codes: string[] = [];
  for (const bad of [Number.NaN, -1, 'soon', new Date(Number.NaN)]) {
    try {
      await sleep(bad);
      codes.push('none');
    } catch (error) {
      codes.push((error as { code: string }).code);
    }
  }
  return codes;
}

/** A sleep as the timeout of a hook, again and again: a payload between two rounds is not lost. */
export async function hookWithTimeout(token: string, count: number): Promise<unknown[]> {
  'use workflow';
  const hook = createHook<number>({ token });
  const got: number[] = [];
  while (got.length < count) {
    const winner = await Promise.race([hook, sleep(8).then(() => 'timeout' as const)]);
    if (winner !== 'timeout') got.push(winner);
  }
  return got;
}
