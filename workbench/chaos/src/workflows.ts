/** Plays a plan, and the steps that it is made of. */
import { createHook, getStepMetadata, RetryableError, sleep } from 'perdure';
import { mix, type Part, type Plan, range } from './plan.ts';
import { witness } from './witness.ts';

/** Leaves the trace of this attempt, then takes a while: up to 30 ms, by the input. */
async function work(value: number): Promise<void> {
  witness();
  await new Promise((resolve) => setTimeout(resolve, value % 31));
}

async function advance(value: number, n: number): Promise<number> {
  'use step';
  await work(value + n);
  return mix(value, n);
}

async function stumble(value: number, n: number): Promise<number> {
  'use step';
  await work(value + n);
  if (getStepMetadata().attempt === 1)
    throw new RetryableError('the first attempt fails', { retryAfter: 10 });
  return mix(value, n);
}
// The attempts of these go through an offer and a claim of their own.
stumble.offer = true;

async function decrement(left: number): Promise<number> {
  'use step';
  await work(left);
  return left - 1;
}

async function write(length: number): Promise<string> {
  'use step';
  await work(length);
  return 'x'.repeat(length);
}

async function playSteps(step: typeof advance, steps: number, start: number): Promise<number> {
  let value = start;
  for (let i = 0; i < steps; i += 1) value = await step(value, i);
  return value;
}

async function playRace(value: number): Promise<number> {
  const one = advance(value, 1);
  const two = advance(value, 2);
  await Promise.race([one, two]);
  return mix(await one, await two);
}

async function playTimeout(value: number, ms: number): Promise<number> {
  const step = advance(value, 3);
  await Promise.race([sleep(ms), step]);
  return step;
}

async function playCountdown(value: number, from: number): Promise<number> {
  let left = from;
  while (left > 0) left = await decrement(left);
  return mix(value, from);
}

async function playHook(start: number, token: string, payloads: number): Promise<number> {
  using hook = createHook<number>({ token });
  let value = start;
  for (let i = 0; i < payloads; i += 1) value = mix(value, await hook);
  return value;
}

async function playPart(part: Part, value: number): Promise<number> {
  switch (part.kind) {
    case 'sequence':
      return playSteps(advance, part.steps, value);
    case 'stumbles':
      return playSteps(stumble, part.steps, value);
    case 'fanOut':
      return (await Promise.all(range(part.width).map((i) => advance(value, i)))).reduce(mix, value);
    case 'race':
      return playRace(value);
    case 'timeout':
      return playTimeout(value, part.ms);
    case 'abandoned':
      await Promise.race([sleep(part.ms), advance(value, 4)]);
      return mix(value, 4);
    case 'sleep':
      await sleep(part.ms);
      return mix(value, 5);
    case 'countdown':
      return playCountdown(value, part.from);
    case 'text':
      return mix(value, (await write(part.length)).length);
    case 'hook':
      return playHook(value, part.token, part.payloads);
    case 'branches':
      return (await Promise.all(part.branches.map((branch) => play(branch, value)))).reduce(mix, value);
  }
}

async function play(parts: readonly Part[], start: number): Promise<number> {
  let value = start;
  for (const part of parts) value = await playPart(part, value);
  return value;
}

export async function journey(plan: Plan): Promise<number> {
  'use workflow';
  return play(plan.parts, plan.start);
}
