/** Workflows whose steps leave a trace outside of any world: what really ran, and how often. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { createHook, getStepMetadata, getWritable, sleep } from 'perdure';

/** One line a body, on disk before the body goes on. */
function leaveTrace(name: string): void {
  const file = openSync(process.env.WORKBENCH_EFFECTS!, 'a');
  writeSync(file, `${name} ${getStepMetadata().attempt}\n`);
  fsyncSync(file);
  closeSync(file);
}

async function effect(name: string): Promise<string> {
  'use step';
  leaveTrace(name);
  return name;
}

/** The first attempt never ends: somebody kills the process. */
async function hangsOnce(name: string): Promise<string> {
  'use step';
  leaveTrace(name);
  if (getStepMetadata().attempt === 1) await new Promise(() => undefined);
  return name;
}

/** As `hangsOnce`, for whoever takes it. */
async function hangsOnceOffered(name: string): Promise<string> {
  'use step';
  leaveTrace(name);
  if (getStepMetadata().attempt === 1) await new Promise(() => undefined);
  return name;
}
hangsOnceOffered.offer = true;

async function lasts(name: string, ms: number): Promise<void> {
  'use step';
  leaveTrace(name);
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** As `lasts`, for whoever takes it. */
async function lastsOffered(name: string, ms: number): Promise<void> {
  'use step';
  leaveTrace(name);
  await new Promise((resolve) => setTimeout(resolve, ms));
}
lastsOffered.offer = true;

async function write(...chunks: string[]): Promise<void> {
  'use step';
  const writer = getWritable<string>().getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  writer.releaseLock();
}

export async function hangsInStep(): Promise<string[]> {
  'use workflow';
  return [await effect('before'), await hangsOnce('during'), await effect('after')];
}

export async function hangsInOfferedStep(): Promise<string[]> {
  'use workflow';
  return [await effect('before'), await hangsOnceOffered('during'), await effect('after')];
}

export async function sleepsLong(ms: number): Promise<unknown[]> {
  'use workflow';
  await effect('before');
  const asleep = Date.now();
  await sleep(ms);
  return [Date.now() - asleep >= ms, await effect('after')];
}

export async function waitsBetween(token: string): Promise<unknown[]> {
  'use workflow';
  const first = await effect('first');
  const payload = await createHook({ token });
  return [first, payload, await effect('second')];
}

export async function sequence(n: number): Promise<number> {
  'use workflow';
  for (let i = 0; i < n; i += 1) await effect(`number-${i}`);
  return n;
}

export async function fansOut(n: number): Promise<string[]> {
  'use workflow';
  const quick = Array.from({ length: n }, (_, i) => effect(`quick-${i}`));
  const hanging = Array.from({ length: n }, (_, i) => hangsOnce(`hanging-${i}`));
  return Promise.all([...quick, ...hanging]);
}

/** Steps here and anywhere, between times at which nobody has the run, one of each longer than a lease. */
export async function takesLong(name: string, ms: number): Promise<void> {
  'use workflow';
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([lasts(`${name}-${round}-here`, 1), lastsOffered(`${name}-${round}-there`, 1)]);
    await sleep(5);
  }
  await Promise.all([lasts(`${name}-long-here`, ms), lastsOffered(`${name}-long-there`, ms)]);
}

export async function writesAcrossCrash(): Promise<void> {
  'use workflow';
  await write('one', 'two', 'three');
  await hangsOnce('between');
  await write('four', 'five');
}
