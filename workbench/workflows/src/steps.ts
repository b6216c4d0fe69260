import { FatalError } from 'perdure';
import { addTenTwice } from './same-names.ts';

async function add(a: number, b: number): Promise<number> {
  'use step';
  return a + b;
}

async function delayed<T>(ms: number, value: T): Promise<T> {
  'use step';
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
}

async function fatal(message: string): Promise<never> {
  'use step';
  throw new FatalError(message);
}

const subtract = async (a: number, b: number): Promise<number> => {
  'use step';
  return a - b;
};

export async function addTen(start: number): Promise<number> {
  'use workflow';
  const a = await add(start, 2);
  const b = await add(a, 3);
  return add(b, 5);
}

/** `add` of another file has the same name and another body. */
export async function sameNames(n: number): Promise<[number, number]> {
  'use workflow';
  return [await add(n, 1), await addTenTwice(n)];
}

export async function promiseAll(): Promise<string> {
  'use workflow';
  const parts = await Promise.all([delayed(20, 'a'), delayed(40, 'b'), delayed(1, 'c')]);
  return parts.join('');
}

export async function promiseRace(): Promise<string> {
  'use workflow';
  return Promise.race([delayed(400, 'slow'), delayed(5, 'fast'), delayed(300, 'middle')]);
}

export async function promiseAny(): Promise<string> {
  'use workflow';
  return Promise.any([fatal('first'), delayed(20, 'second'), delayed(300, 'third')]);
}

export async function promiseAllSettled(): Promise<string[]> {
  'use workflow';
  const settled = await Promise.allSettled([add(1, 1), fatal('no'), delayed(5, 'late')]);
  return settled.map((one) =>
    one.status === 'fulfilled' ? `ok ${one.value}` : `error ${one.reason.message}`,
  );
}

/** Five steps, raced again and again until all are done. */
export async function promiseRaceStress(): Promise<number[]> {
  'use workflow';
  const waiting = new Map<number, Promise<number>>();
  for (let i = 0; i < 5; i += 1) waiting.set(i, delayed((i + 1) * 15, i));
  const done: number[] = [];
  while (waiting.size > 0) {
    const first = await Promise.race(waiting.values());
    done.push(first);
    waiting.delete(first);
  }
  return done;
}

export async function loop(n: number): Promise<number> {
  'use workflow';
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum = await add(sum, i);
  return sum;
}

export async function branches(n: number): Promise<string> {
  'use workflow';
  if ((await add(n, 0)) > 10) return `big ${await subtract(n, 10)}`;
  return `small ${await add(n, 10)}`;
}

async function echo(value: unknown): Promise<unknown> {
  'use step';
  return value;
}

export async function values(): Promise<unknown[]> {
  'use workflow';
  const map = await echo(new Map<string, unknown>([['when', new Date(5)]]));
  const bytes = await echo(new Uint8Array([0, 1, 255]));
  return [
    await echo(undefined),
    await echo('a\0b'),
    await echo(10n ** 20n),
    await echo(-0),
    map instanceof Map && map.get('when') instanceof Date,
    bytes instanceof Uint8Array && bytes[2],
    ((await echo('x'.repeat(10_000))) as string).length,
    ((await echo({ list: [1, [2]] })) as { list: unknown[] }).list,
  ];
}

async function makeText(length: number): Promise<string> {
  'use step';
  return 'y'.repeat(length);
}

export async function largeResult(length: number): Promise<number> {
  'use workflow';
  const text = await makeText(length);
  return text.length;
}

async function applyTo(
  step: (a: number, b: number) => Promise<number>,
  a: number,
  b: number,
): Promise<number> {
  'use step';
  return step(a, b);
}

/** A step as an argument of a step. */
export async function stepAsArgument(): Promise<number> {
  'use workflow';
  return applyTo(subtract, 10, 3);
}

/** Steps inside a workflow capture by value, per call. */
export async function closures(base: number): Promise<string[]> {
  'use workflow';
  const made: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    const label = `n${i}`;
    const describe = async (suffix: string): Promise<string> => {
      'use step';
      return `${label}:${base + i}${suffix}`;
    };
    made.push(await describe('!'));
  }
  async function total(extra = base): Promise<number> {
    'use step';
    return made.length + extra;
  }
  made.push(String(await total()), String(await total(1)));
  return made;
}

/** A result is this replay's own: changing it changes nothing elsewhere. */
export async function mutation(): Promise<unknown> {
  'use workflow';
  const first = (await echo({ list: [1] })) as { list: number[] };
  first.list.push(2);
  await add(0, 0);
  first.list.push(3);
  await add(0, 0);
  return first;
}

export { add, delayed };

/** The losers take far longer than anybody waits. */
export async function promiseRaceLong(): Promise<string> {
  'use workflow';
  return Promise.race([delayed(10_000, 'slow'), delayed(100, 'fast'), delayed(20_000, 'slower')]);
}
