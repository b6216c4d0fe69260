/** Every error class is told by its name and code, on either side of the sandbox and in a second copy of the package. */
import { describe, expect, it } from 'vitest';
import * as errors from '../src/errors.ts';

type ErrorClass = (new (
  ...args: never[]
) => Error & { code: string; hint: string }) & {
  is?(value: unknown): boolean;
};

const place = { file: 'order.ts', line: 1, column: 2, text: 'await pay()' };
const made: Record<string, Error & { code?: string; hint?: string }> = {
  ContextError: new errors.ContextError('SOME_CODE', 'Expected a workflow, got a step.', 'Use start().'),
  DivergenceError: new errors.DivergenceError({
    runId: 'wrun_1',
    version: 3,
    expected: 'step a',
    actual: 'step b',
    expectedPlace: place,
    actualPlace: place,
  }),
  FatalError: new errors.FatalError('stop', { hint: 'h' }),
  HookConflictError: new errors.HookConflictError('token', 'wrun_1'),
  HookNotFoundError: new errors.HookNotFoundError('token "x"'),
  LimitError: new errors.LimitError('SOME_CODE', 'Expected less, got more.', 'Send less.'),
  PayloadError: new errors.PayloadError('Expected text, got bytes.', { hint: 'h' }),
  RetryableError: new errors.RetryableError('later', { hint: 'h' }),
  SerializationError: new errors.SerializationError('Cannot store a function.', '.a', { hint: 'h' }),
  StepNotRegisteredError: new errors.StepNotRegisteredError('step//a//b', ['step//a//c']),
  WorkflowNotRegisteredError: new errors.WorkflowNotRegisteredError('workflow//a//b', []),
  WorkflowRunCancelledError: new errors.WorkflowRunCancelledError('wrun_1', 'enough'),
  WorkflowRunFailedError: new errors.WorkflowRunFailedError('wrun_1', 'USER_ERROR', new Error('x')),
  WorkflowRunNotFoundError: new errors.WorkflowRunNotFoundError('wrun_1'),
  WorldError: new errors.WorldError('RUN_ENDED', 'Expected a live run, got an ended one.', { hint: 'h' }),
};

const classes = Object.entries(errors).filter(([name]) => name !== 'PerdureError') as [string, ErrorClass][];

describe.each(classes)('%s', (name, Class) => {
  it('has a code, a message and a hint', () => {
    const error = made[name]!;
    expect(error).toBeInstanceOf(Class);
    expect(error.name).toBe(name);
    expect(error.code).toMatch(/^[A-Z_]+$/);
    expect(error.message).toMatch(/\S/);
    expect(error.hint).toMatch(/\S/);
  });

  it('is told by its name, and no other class is taken for it', () => {
    expect(Class.is?.({ name })).toBe(true);
    const taken = Object.entries(made).filter(([, error]) => Class.is?.(error));
    expect(taken.map(([other]) => other)).toEqual([name]);
    for (const value of [undefined, null, 1, 'x', {}, new Error('x')]) expect(Class.is?.(value)).toBe(false);
  });
});
