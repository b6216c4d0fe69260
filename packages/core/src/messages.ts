/** The texts of errors that share a class, a function each. Used on both sides of the sandbox. */
import { ContextError, FatalError, LimitError, PerdureError } from './errors.ts';

export function onlyInWorkflow(name: string): ContextError {
  return new ContextError(
    'ONLY_IN_WORKFLOW',
    `${name}() was called outside a workflow.`,
    `Call ${name}() in a function with "use workflow"; steps and host code cannot wait durably.`,
  );
}

export function onlyInStep(name: string): ContextError {
  return new ContextError(
    'ONLY_IN_STEP',
    `${name}() was called outside a step.`,
    `Call ${name}() in a function with "use step" that a workflow runs.`,
  );
}

export function onlyInRun(name: string): ContextError {
  return new ContextError(
    'ONLY_IN_RUN',
    `${name}() was called outside a run.`,
    `Call ${name}() in a workflow, or in a step that a workflow runs.`,
  );
}

export function absentInWorkflow(name: string, instead: string): ContextError {
  return new ContextError('ABSENT_IN_WORKFLOW', `${name} does not exist in a workflow.`, instead);
}

export function builtinInWorkflow(module: string, member: string, chain: readonly string[]): ContextError {
  const use = member === 'default' ? module : `${member} of ${module}`;
  return new ContextError(
    'BUILTIN_IN_WORKFLOW',
    `Workflow code used ${use}, imported by ${chain.join(' < ')}.`,
    'Move the code that needs it into a function with "use step".',
  );
}

export function durationInvalid(got: string): ContextError {
  return new ContextError(
    'DURATION_INVALID',
    `Expected a duration such as "10s", milliseconds >= 0 or a valid Date, got ${got}.`,
    'Units: ms, s, m, h, d, w.',
  );
}

export function turnBudgetExceeded(budget: number): LimitError {
  return new LimitError(
    'TURN_BUDGET_EXCEEDED',
    `Workflow code ran ${budget} loop iterations and calls without waiting for anything.`,
    'An endless loop? Move heavy work into a step; the place is the first frame of the stack.',
  );
}

/** `problem` is the message of what the guest met. */
export function limitInvalid(name: string, least: number, got: unknown): PerdureError {
  return optionInvalid(`limits.${name}`, `a whole number >= ${least} or Infinity`, got);
}

export function limitUnknown(name: string, known: readonly string[]): PerdureError {
  return optionInvalid('limits', `an object with some of ${known.join(', ')}`, name);
}

export function historyTooLong(runId: string, limit: number): LimitError {
  return new LimitError(
    'HISTORY_TOO_LONG',
    `Run ${runId} needs more than the ${limit} events that its history may have.`,
    'Raise limits.historyEvents and it goes on, or cancel it; long loops go on in a child run of their own.',
  );
}

export function historyIsLong(runId: string, events: number): LimitError {
  return new LimitError(
    'HISTORY_LONG',
    `The history of run ${runId} has ${events} events.`,
    'It goes on, but every replay reads them all: let a long loop go on in a child run of its own.',
  );
}

export function attemptsExhausted(stepName: string, attempts: number, error: unknown): FatalError {
  const text = error instanceof Error ? error.message : String(error);
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const message = `Step ${JSON.stringify(stepName)} failed after ${tries}: ${text}`;
  const exhausted = new FatalError(message, { cause: error });
  // Where this one is made tells nobody anything; where the last attempt failed does.
  exhausted.stack = `${exhausted.name}: ${message}${framesOf(error)}`;
  return exhausted;
}

function framesOf(error: unknown): string {
  const stack = error instanceof Error ? String(error.stack) : '';
  const start = stack.search(/\n\s+at /);
  return start < 0 ? '' : stack.slice(start);
}

export function fetchAborted(cause: unknown): FatalError {
  return new FatalError('The request was aborted.', { cause });
}

export function programMissing(hash: string): PerdureError {
  return new PerdureError('ProgramError', 'PROGRAM_MISSING', `Program ${hash} is not in this world.`, {
    hint: 'Start a process of the version that started the run once; it stores its program.',
  });
}

export function moveToEnded(runId: string, status: string): PerdureError {
  return new PerdureError(
    'ProgramError',
    'RUN_ENDED',
    `Expected run ${runId} to be live, but it is ${status}.`,
    {
      hint: 'Only runs that still have something to do can go on with another program.',
    },
  );
}

export function waitsForNothing(runId: string): PerdureError {
  return new PerdureError(
    'StalledError',
    'WAITS_FOR_NOTHING',
    `Run ${runId} waits for nothing: no step, sleep, hook or child run is open, and its workflow has not returned.`,
    {
      hint: 'It awaits a promise that nobody settles. Cancel it, or move it to mended code with `perdure upgrade`.',
    },
  );
}

export function programBroken(hash: string, cause: unknown): PerdureError {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new PerdureError('ProgramError', 'PROGRAM_BROKEN', `Program ${hash} fails while it loads: ${text}`, {
    hint: 'Module-level code of a workflow file throws in the sandbox; the run stays as it is.',
    cause,
  });
}

export function attributeInvalid(expected: string, got: unknown): PerdureError {
  const shown = typeof got === 'string' ? JSON.stringify(got.slice(0, 80)) : typeof got;
  return new PerdureError('AttributeError', 'ATTRIBUTE_INVALID', `Expected ${expected}, got ${shown}.`, {
    hint: 'Attributes are short texts to find runs by; data belongs in arguments and results.',
  });
}

export function attributesTooMany(limit: number, got: number): LimitError {
  return new LimitError(
    'ATTRIBUTES_TOO_MANY',
    `Expected at most ${limit} attributes on a run, got ${got}.`,
    'Delete one by setting it to undefined.',
  );
}

export function stepTimedOut(stepName: string, timeoutMs: number): PerdureError {
  return new PerdureError(
    'StepTimeoutError',
    'STEP_TIMEOUT',
    `Step ${JSON.stringify(stepName)} took longer than ${timeoutMs} ms.`,
    {
      hint: 'Raise its `timeout`, or let it watch the signal of getStepMetadata() and stop by itself.',
    },
  );
}

export function stepReturned(
  stepName: string,
  { code, message, hint }: { readonly code: string; readonly message: string; readonly hint?: string },
): PerdureError {
  return new PerdureError(
    'StepError',
    'STEP_RETURNED',
    `Step ${JSON.stringify(stepName)} could not begin at the worker that claimed it ([${code}] ${message}), and it is not registered here.`,
    { hint: hint ?? 'Mend that worker; the step is offered again by itself.' },
  );
}

export function stepOptionInvalid(option: string, expected: string, got: unknown): PerdureError {
  return new PerdureError(
    'ConfigError',
    'STEP_OPTION_INVALID',
    `Expected ${option} of a step to be ${expected}, got ${typeof got === 'object' ? JSON.stringify(got) : String(got)}.`,
  );
}

export function childrenTooDeep(limit: number): LimitError {
  return new LimitError(
    'CHILDREN_TOO_DEEP',
    `Expected child runs nested at most ${limit} deep.`,
    'A workflow that starts itself needs an end.',
  );
}

export function keyOfAnotherWorkflow(
  key: string | undefined,
  { runId, workflowName }: { readonly runId: string; readonly workflowName: string },
): PerdureError {
  return new PerdureError(
    'KeyError',
    'KEY_OF_ANOTHER_WORKFLOW',
    `Expected key ${JSON.stringify(key)} to be free or a run's of the same workflow, but run ${runId} of ${workflowName} has it.`,
    { hint: 'Keys are shared by all workflows of a world: begin them with the name of the workflow.' },
  );
}

export function programUnknown(): PerdureError {
  return new PerdureError(
    'ProgramError',
    'PROGRAM_UNKNOWN',
    'This process has no program: nothing compiled was loaded.',
    {
      hint: 'Start node with `--import perdure/register`, use a bundler plugin, or give createRuntime({ program }).',
    },
  );
}

export function notAWorkflow(got: unknown): PerdureError {
  return new PerdureError(
    'ContextError',
    'NOT_A_WORKFLOW',
    `Expected a function with "use workflow", got ${typeof got === 'function' ? `function ${got.name || '(anonymous)'} without it` : typeof got}.`,
    { hint: 'Is the file compiled? Start node with `--import perdure/register`, or use a bundler plugin.' },
  );
}

export function optionInvalid(option: string, expected: string, got: unknown): PerdureError {
  return new PerdureError(
    'ConfigError',
    'OPTION_INVALID',
    `Expected ${option} to be ${expected}, got ${typeof got === 'string' ? JSON.stringify(got) : String(got)}.`,
  );
}

export function siteNameInvalid(kind: string, got: unknown): PerdureError {
  const shown = typeof got === 'string' ? JSON.stringify(got.slice(0, 200)) : typeof got;
  return new PerdureError('NameError', 'NAME_INVALID', `Expected an id ${kind}//path//name, got ${shown}.`, {
    hint: 'Ids are in the events and projections of runs, and on compiled functions as workflowId and stepId.',
  });
}

export function runtimeClosed(): PerdureError {
  return new PerdureError('ContextError', 'RUNTIME_CLOSED', 'The runtime is closed.', {
    hint: 'Make another with createRuntime().',
  });
}
