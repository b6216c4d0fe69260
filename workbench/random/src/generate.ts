/** Sketches that a seed repeats. */
import { createRandom, type Random } from '../../chaos/src/random.ts';
import { allowedAnswers, TooManyAnswers } from './allowed.ts';
import type { Block, HookUse, Sketch, Statement, StepPlan } from './sketch.ts';

interface Making {
  readonly random: Random;
  readonly name: string;
  /** The last site that was given away. */
  site: number;
  /** Statements that may still be made. */
  left: number;
  /** How deep children may start children. */
  readonly children: number;
}

/** The sketch of a seed. Those with too many answers to list are made anew from the next numbers of the seed. */
export function sketchOf(seed: number): Sketch {
  const random = createRandom(seed);
  for (;;) {
    const sketch = sketchNamed(`w${seed}`, random, { children: 1, size: random.between(2, 14) });
    try {
      allowedAnswers(sketch);
      return sketch;
    } catch (error) {
      if (!(error instanceof TooManyAnswers)) throw error;
    }
  }
}

function sketchNamed(
  name: string,
  random: Random,
  { children, size }: { children: number; size: number },
): Sketch {
  const making: Making = { random, name, site: 0, left: size, children };
  const start = random.between(0, 1_000_002);
  const body: Statement[] = [];
  while (making.left > 0) body.push(statement(making, 0));
  const cancelAt = children > 0 && random.chance(0.08) ? random.between(1, 25) : undefined;
  return { name, start, body, cancelAt };
}

function block(making: Making, depth: number, most = 3): Block {
  const length = making.random.between(0, most);
  return Array.from({ length }, () => statement(making, depth + 1));
}

function nextSite(making: Making): number {
  making.site += 1;
  return making.site;
}

function stepPlan(making: Making): StepPlan {
  const { random } = making;
  const site = nextSite(making);
  const retries = random.between(0, 2);
  const kind = random.pick(['good', 'good', 'good', 'good', 'stumbles', 'stumbles', 'bad'] as const);
  if (kind === 'good') return { site, failures: 0, how: 'error', retries };
  const how = random.pick(['error', 'retryable', 'fatal'] as const);
  if (kind === 'bad' || how === 'fatal' || retries === 0) return { site, failures: 'always', how, retries };
  return { site, failures: random.between(1, retries), how, retries };
}

const flat = [
  'told',
  'drain',
  'step',
  'step',
  'step',
  'overlap',
  'sleep',
  'attribute',
  'throw',
  'return',
] as const;
const deep = [
  ...flat,
  'parallel',
  'parallel',
  'choice',
  'loop',
  'countdown',
  'attempt',
  'attempt',
  'hook',
  'hook',
  'abort',
  'clock',
] as const;

function statement(making: Making, depth: number): Statement {
  const { random } = making;
  making.left -= 1;
  const kinds: readonly Statement['kind'][] =
    depth >= 3 || making.left <= 0 ? flat : making.children > 0 && depth < 2 ? [...deep, 'child'] : deep;
  const kind = random.pick(kinds);
  // What ends a sketch early is rarer, above all at its top.
  if ((kind === 'throw' || kind === 'return') && random.chance(depth === 0 ? 0.9 : 0.4))
    return plainStep(making);
  return make(kind, making, depth);
}

function plainStep(making: Making): Statement {
  return { kind: 'step', step: { ...stepPlan(making), failures: 0 }, form: 'plain' };
}

function make(kind: Statement['kind'], making: Making, depth: number): Statement {
  const { random } = making;
  switch (kind) {
    case 'step':
      return step(making);
    case 'overlap': {
      const first = stepPlan(making);
      return { kind, first, second: stepPlan(making), between: depth < 3 ? block(making, depth, 1) : [] };
    }
    case 'parallel': {
      const how = random.pick(['all', 'allSettled', 'race', 'any'] as const);
      const branches = Array.from({ length: random.between(2, 3) }, () => block(making, depth, 2));
      return { kind, how, branches };
    }
    case 'choice': {
      const by = random.pick(['value', 'value', 'random'] as const);
      const modulus = random.between(2, 3);
      return { kind, by, modulus, yes: block(making, depth), no: block(making, depth, 1) };
    }
    case 'loop': {
      const site = nextSite(making);
      return {
        kind,
        site,
        times: random.between(1, 3),
        exit: random.between(2, 6),
        body: block(making, depth, 2),
      };
    }
    case 'countdown':
      return { kind, site: nextSite(making), from: random.between(1, 3), body: block(making, depth, 1) };
    case 'attempt':
      return attempt(making, depth);
    case 'throw':
      return { kind, code: random.between(1, 99), fatal: random.pick(['fatal', 'plain']) };
    case 'return':
      return { kind };
    case 'sleep':
      return {
        kind,
        ms: random.between(0, 6),
        form: random.pick(['for', 'for', 'for', 'until', 'until', 'woken']),
      };
    case 'told':
      return { kind, step: stepPlan(making), what: random.pick(['abort', 'attribute']) };
    case 'drain':
      return { kind, site: nextSite(making), width: random.between(2, 4) };
    case 'hook':
      return {
        kind,
        site: nextSite(making),
        form: random.pick(['using', 'plain']),
        uses: hookUses(making, depth),
      };
    case 'child': {
      const site = nextSite(making);
      const size = random.between(1, 4);
      const child = sketchNamed(`${making.name}c${site}`, random, { children: 0, size });
      return { kind, site, child, how: random.pick(['await', 'await', 'await', 'cancel', 'leave']) };
    }
    case 'attribute':
      return { kind, site: nextSite(making) };
    case 'abort': {
      const site = nextSite(making);
      return { kind, site, patience: random.pick([1, 12]), body: block(making, depth, 2) };
    }
    case 'clock':
      return { kind, body: block(making, depth, 2) };
  }
}

function step(making: Making): Statement {
  const { random } = making;
  const form = random.pick(['plain', 'plain', 'plain', 'stamped', 'nested', 'dropped'] as const);
  // A nested step has no place for a retry policy.
  if (form === 'nested')
    return { kind: 'step', step: { site: nextSite(making), failures: 0, how: 'error', retries: 0 }, form };
  return { kind: 'step', step: stepPlan(making), form };
}

function attempt(making: Making, depth: number): Statement {
  const { random } = making;
  const body = [...block(making, depth, 2), ...(random.chance(0.5) ? [thrown(making)] : [])];
  const form = random.pick(['rescue', 'rescue', 'last', 'both'] as const);
  const rescue = form === 'last' ? undefined : block(making, depth, 2);
  const last = form === 'rescue' ? undefined : block(making, depth, 1);
  return { kind: 'attempt', body, rescue, last };
}

function thrown(making: Making): Statement {
  const { random } = making;
  if (random.chance(0.5)) return make('throw', making, 0);
  return { kind: 'step', step: { ...stepPlan(making), failures: 'always' }, form: 'plain' };
}

function hookUses(making: Making, depth: number): HookUse[] {
  const { random } = making;
  const kinds = ['next', 'next', 'next', 'timed', 'each', 'body', 'body', 'conflict', 'dispose'] as const;
  const uses = Array.from({ length: random.between(1, 4) }, (): HookUse => {
    const kind = random.pick(kinds);
    switch (kind) {
      case 'timed':
        return { kind, ms: random.between(0, 5) };
      case 'each':
        return { kind, payloads: random.between(1, 3), body: block(making, depth, 1) };
      case 'body':
        return { kind, body: block(making, depth, 2) };
      default:
        return { kind };
    }
  });
  if (random.chance(0.7)) return uses;
  // A reader that gives up, a payload that comes while nobody reads, and one who reads then.
  return [
    ...uses,
    { kind: 'timed', ms: 0 },
    { kind: 'body', body: [{ kind: 'sleep', ms: 5, form: 'for' }, plainStep(making)] },
    { kind: 'next' },
  ];
}
