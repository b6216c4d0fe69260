/** What the benchmarks run: as little of its own as possible. */
import { createHook, sleep } from 'perdure';

let firstStepAt = 0;

/** When the first step body since `resetFirstStep` began, by `performance.now()`. */
export function takeFirstStepTime(): number {
  const at = firstStepAt;
  firstStepAt = 0;
  return at;
}

async function add(a: number, b: number): Promise<number> {
  'use step';
  firstStepAt ||= performance.now();
  return a + b;
}

async function tenKilobytes(i: number): Promise<string> {
  'use step';
  return String(i).padEnd(10_240, 'x');
}

export async function nostep(): Promise<string> {
  'use workflow';
  return 'done';
}

export async function seq(n: number): Promise<number> {
  'use workflow';
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum = await add(sum, 1);
  return sum;
}

export async function par(n: number): Promise<number> {
  'use workflow';
  const results = await Promise.all(Array.from({ length: n }, (_, i) => add(i, 0)));
  return results.length;
}

export async function seq10k(n: number): Promise<number> {
  'use workflow';
  let length = 0;
  for (let i = 0; i < n; i += 1) length += (await tenKilobytes(i)).length;
  return length;
}

export async function hook(token: string, n: number): Promise<number> {
  'use workflow';
  const payloads = createHook<number>({ token });
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum = await add(sum, await payloads);
  return sum;
}

export async function suspended(): Promise<number> {
  'use workflow';
  const first = await add(1, 1);
  await sleep('1h');
  return first;
}

/** A long history, then a step for every payload until one says that it is the last. */
export async function replayed(token: string, n: number): Promise<number> {
  'use workflow';
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum = await add(sum, 1);
  for await (const last of createHook<boolean>({ token })) {
    sum = await add(sum, 1);
    if (last) break;
  }
  return sum;
}
