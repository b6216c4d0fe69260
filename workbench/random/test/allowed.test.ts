/** The interpreter, on sketches whose answers can be worked out by hand. */
import { describe, expect, it } from 'vitest';
import { mix } from '../../chaos/src/plan.ts';
import { allowedAnswers, errorCodes } from '../src/allowed.ts';
import { sketchOf } from '../src/generate.ts';
import { sourceOf } from '../src/print.ts';
import { sizeOf, smallerThan } from '../src/shrink.ts';
import type { Block, HookUse, Sketch, Statement, StepPlan } from '../src/sketch.ts';

const plan = (site: number, failures: StepPlan['failures'] = 0): StepPlan => ({
  site,
  failures,
  how: 'error',
  retries: 1,
});
const step = (site: number, failures?: StepPlan['failures']): Statement => ({
  kind: 'step',
  step: plan(site, failures),
  form: 'plain',
});
const parallel = (how: 'all' | 'allSettled' | 'race' | 'any', ...branches: Block[]): Statement => ({
  kind: 'parallel',
  how,
  branches,
});
const hook = (...uses: HookUse[]): Statement => ({ kind: 'hook', site: 2, form: 'plain', uses });
const sketch = (...body: Statement[]): Sketch => ({ name: 'w', start: 5, body });
const fulfilled = (value: number): string => `fulfilled ${value}`;
const rejected = (value: number): string => `rejected ${value}`;

describe('a sketch may answer', () => {
  it.each<[string, Statement[], string[]]>([
    ['what its steps make in order', [step(1), step(2)], [fulfilled(mix(mix(5, 1), 2))]],
    ['the same when a step stumbles', [step(1, 1)], [fulfilled(mix(5, 1))]],
    ['the failure of a step that always fails', [step(1, 'always'), step(2)], [rejected(101)]],
    [
      'either branch of a race',
      [parallel('race', [step(1)], [step(2)])],
      [fulfilled(mix(5, 1)), fulfilled(mix(5, 2))],
    ],
    ['a race that only failures may win', [parallel('race', [step(1, 'always')])], [rejected(101)]],
    [
      'the branches of `all` in their order',
      [parallel('all', [step(1)], [step(2)])],
      [fulfilled(mix(mix(5, 1), mix(5, 2)))],
    ],
    ['a failure of `all`', [parallel('all', [step(1)], [step(2, 'always')])], [rejected(101)]],
    [
      'failures of `allSettled` as values',
      [parallel('allSettled', [], [step(2, 'always')])],
      [fulfilled(mix(5, 101))],
    ],
    [
      'what is not a failure of `any`',
      [parallel('any', [step(1, 'always')], [step(2)])],
      [fulfilled(mix(5, 2))],
    ],
    [
      'one failure for all of `any`',
      [parallel('any', [step(1, 'always')])],
      [rejected(errorCodes.AggregateError)],
    ],
    [
      'the first failure that is awaited',
      [
        {
          kind: 'overlap',
          first: plan(1),
          second: plan(2, 'always'),
          between: [{ kind: 'throw', code: 7, fatal: 'plain' }],
        },
      ],
      [rejected(7)],
    ],
    [
      'what was returned, whatever `finally` did to the variable',
      [{ kind: 'attempt', body: [{ kind: 'return' }], last: [step(1)] }],
      [fulfilled(5)],
    ],
    [
      'what `catch` makes of a failure and the variable then',
      [{ kind: 'attempt', body: [step(1), step(2, 'always')], rescue: [step(3)] }],
      [fulfilled(mix(mix(mix(5, 1), 101), 3))],
    ],
    [
      'a payload or its absence',
      [hook({ kind: 'timed', ms: 1 })],
      [fulfilled(mix(5, 200)), fulfilled(mix(5, 3))],
    ],
    [
      'the first payload to whoever reads next',
      [hook({ kind: 'timed', ms: 1 }, { kind: 'next' })],
      [fulfilled(mix(mix(5, 200), 201)), fulfilled(mix(mix(5, 3), 200))],
    ],
    [
      'a payload that came before a hook was disposed of, or its end',
      [hook({ kind: 'dispose' }, { kind: 'next' })],
      [fulfilled(mix(5, 200)), rejected(errorCodes.ContextError)],
    ],
    ['a taken token', [hook({ kind: 'conflict' })], [fulfilled(mix(5, 4))]],
    [
      'both sides of a coin',
      [{ kind: 'choice', by: 'random', modulus: 2, yes: [step(1)], no: [] }],
      [fulfilled(mix(5, 1)), fulfilled(5)],
    ],
    [
      'one side of a condition',
      [{ kind: 'choice', by: 'value', modulus: 2, yes: [step(1)], no: [] }],
      [fulfilled(5)],
    ],
    ['a loop left early', [{ kind: 'loop', site: 1, times: 3, exit: 2, body: [] }], [fulfilled(mix(5, 0))]],
    [
      'a loop that a step ends',
      [{ kind: 'countdown', site: 1, from: 2, body: [] }],
      [fulfilled(mix(mix(5, 1), 0))],
    ],
    [
      'what a child makes of the value, or that it was cancelled',
      [{ kind: 'child', site: 1, how: 'cancel', child: { name: 'c', start: 0, body: [step(1)] } }],
      [fulfilled(mix(5, mix(5, 1))), rejected(errorCodes.WorkflowRunCancelledError)],
    ],
    [
      'the failure of a child',
      [{ kind: 'child', site: 1, how: 'await', child: { name: 'c', start: 0, body: [step(1, 'always')] } }],
      [rejected(errorCodes.WorkflowRunFailedError)],
    ],
  ])('%s', (_name, body, answers) => {
    expect([...allowedAnswers(sketch(...body)).keys()].toSorted()).toEqual(answers.toSorted());
  });
});

describe('a seed', () => {
  it('gives the same sketch every time', () => {
    for (let seed = 0; seed < 50; seed += 1) expect(sketchOf(seed)).toEqual(sketchOf(seed));
  });

  it('uses every kind of statement within a few hundred', () => {
    const sources = Array.from({ length: 300 }, (_, seed) => sourceOf([sketchOf(seed)], 'app')).join('\n');
    const all = [
      'Promise.all(',
      'allSettled',
      'Promise.race',
      'Promise.any',
      'for await',
      'while (',
      'for (let',
    ];
    all.push(
      'sleep(new Date',
      '.receive(',
      '.getConflict(',
      '.dispose()',
      'using h',
      'await start(',
      '.cancel()',
    );
    all.push(
      '} catch (',
      '} finally {',
      'new AbortController',
      'setAttributes',
      'Date.now()',
      'Math.random()',
      'void w',
    );
    expect(all.filter((text) => !sources.includes(text))).toEqual([]);
  });
});

describe('shrinking', () => {
  it('only ever makes sketches smaller', () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const whole = sketchOf(seed);
      const sizes = smallerThan(whole).map(
        (one) => JSON.stringify(one).length - JSON.stringify(whole).length,
      );
      expect(Math.max(-1, ...sizes)).toBeLessThanOrEqual(2);
      expect(smallerThan(whole).every((one) => sizeOf(one) <= sizeOf(whole))).toBe(true);
    }
  });
});
