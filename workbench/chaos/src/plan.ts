/**
 * What a run has to do, as data: the workflow plays it, `answerOf` knows the result without running anything.
 *
 * Every result feeds the next part, so that a result which is lost, repeated or out of order changes the answer.
 */
import { createRandom, type Random } from './random.ts';

export type Part =
  /** Steps one after the other. */
  | { readonly kind: 'sequence'; readonly steps: number }
  /** Steps beside each other. */
  | { readonly kind: 'fanOut'; readonly width: number }
  /** Two steps race; both results count. */
  | { readonly kind: 'race' }
  /** A sleep races against a step; the step's result counts. */
  | { readonly kind: 'timeout'; readonly ms: number }
  /** A sleep races against a step whose result nobody awaits. */
  | { readonly kind: 'abandoned'; readonly ms: number }
  | { readonly kind: 'sleep'; readonly ms: number }
  /** Steps that fail their first attempt. */
  | { readonly kind: 'stumbles'; readonly steps: number }
  /** A loop that a step's result ends. */
  | { readonly kind: 'countdown'; readonly from: number }
  /** A step with a large result. */
  | { readonly kind: 'text'; readonly length: number }
  /** Payloads from outside, `first`, `first + 1`, ... */
  | { readonly kind: 'hook'; readonly token: string; readonly first: number; readonly payloads: number }
  /** Parts in parallel. */
  | { readonly kind: 'branches'; readonly branches: readonly (readonly Part[])[] };

export interface Plan {
  readonly name: string;
  readonly start: number;
  readonly parts: readonly Part[];
}

const modulus = 1_000_003;

/** What a step makes of its input. Not commutative, so that order shows. */
export function mix(value: number, n: number): number {
  return (value * 31 + n * 17 + 7) % modulus;
}

export function answerOf({ parts, start }: Plan): number {
  return answerOfParts(parts, start);
}

function answerOfParts(parts: readonly Part[], start: number): number {
  return parts.reduce(answerOfPart, start);
}

function answerOfPart(value: number, part: Part): number {
  switch (part.kind) {
    case 'sequence':
    case 'stumbles':
      return range(part.steps).reduce(mix, value);
    case 'fanOut':
      return range(part.width)
        .map((i) => mix(value, i))
        .reduce(mix, value);
    case 'race':
      return mix(mix(value, 1), mix(value, 2));
    case 'timeout':
      return mix(value, 3);
    case 'abandoned':
      return mix(value, 4);
    case 'sleep':
      return mix(value, 5);
    case 'countdown':
      return mix(value, part.from);
    case 'text':
      return mix(value, part.length);
    case 'hook':
      return payloadsOf(part).reduce(mix, value);
    case 'branches':
      return part.branches.map((branch) => answerOfParts(branch, value)).reduce(mix, value);
  }
}

export function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

export type HookPart = Extract<Part, { kind: 'hook' }>;

export function payloadsOf({ first, payloads }: HookPart): number[] {
  return range(payloads).map((i) => first + i);
}

export function hooksOf(parts: readonly Part[]): HookPart[] {
  return parts.flatMap((part) => {
    if (part.kind === 'branches') return part.branches.flatMap(hooksOf);
    return part.kind === 'hook' ? [part] : [];
  });
}

export function stepCount(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + stepCountOf(part), 0);
}

function stepCountOf(part: Part): number {
  switch (part.kind) {
    case 'sequence':
    case 'stumbles':
      return part.steps;
    case 'fanOut':
      return part.width;
    case 'race':
      return 2;
    case 'countdown':
      return part.from;
    case 'sleep':
    case 'hook':
      return 0;
    case 'branches':
      return part.branches.reduce((sum, branch) => sum + stepCount(branch), 0);
    default:
      return 1;
  }
}

/** A plan of about `steps` steps that a seed repeats. Tokens are the plan's own. */
export function planOf(name: string, seed: number, steps: number): Plan {
  const random = createRandom(seed);
  const tokens = { count: 0 };
  const parts: Part[] = [];
  while (stepCount(parts) < steps) parts.push(partOf(random, name, tokens, ['branches']));
  // Each run has some of what makes a crash interesting, however short it is.
  parts.splice(random.between(0, parts.length), 0, hookOf(random, name, tokens));
  parts.splice(random.between(0, parts.length), 0, { kind: 'stumbles', steps: 1 });
  return { name, start: random.between(0, modulus - 1), parts };
}

const flatKinds = [
  'sequence',
  'sequence',
  'fanOut',
  'race',
  'timeout',
  'abandoned',
  'sleep',
  'stumbles',
  'countdown',
  'text',
  'hook',
] as const;

function partOf(random: Random, name: string, tokens: { count: number }, more: readonly 'branches'[]): Part {
  const kind = random.pick([...flatKinds, ...more]);
  switch (kind) {
    case 'sequence':
      return { kind, steps: random.between(2, 9) };
    case 'fanOut':
      return { kind, width: random.between(2, 8) };
    case 'race':
      return { kind };
    case 'timeout':
    case 'abandoned':
    case 'sleep':
      return { kind, ms: random.between(1, 60) };
    case 'stumbles':
      return { kind, steps: random.between(1, 2) };
    case 'countdown':
      return { kind, from: random.between(2, 5) };
    case 'text':
      return { kind, length: random.pick([0, 5_000, 40_000]) };
    case 'hook':
      return hookOf(random, name, tokens);
    case 'branches': {
      const branch = (): Part[] => range(random.between(1, 3)).map(() => partOf(random, name, tokens, []));
      return { kind, branches: range(random.between(2, 3)).map(branch) };
    }
  }
}

function hookOf(random: Random, name: string, tokens: { count: number }): HookPart {
  tokens.count += 1;
  const token = `${name} hook ${tokens.count}`;
  return { kind: 'hook', token, first: random.between(0, 1_000), payloads: random.between(1, 3) };
}
