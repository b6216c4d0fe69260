/** The texts of errors that share a class, a function each. Used on both sides of the sandbox. */
import {
  ContextError,
  FatalError,
  LimitError,
  PayloadError,
  PerdureError,
  SerializationError,
} from './errors.ts';

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

export function hookDisposed(token: string): ContextError {
  return new ContextError(
    'HOOK_DISPOSED',
    `Hook ${JSON.stringify(token)} is disposed; no payload can arrive.`,
    'Await the hook before dispose(), or create another.',
  );
}

export function hookTokenInvalid(token: unknown): ContextError {
  return new ContextError(
    'HOOK_TOKEN_INVALID',
    `Expected a hook token of 1 to 512 characters, got ${typeof token === 'string' ? `${token.length} characters` : typeof token}.`,
    'Pass a non-empty string, or leave the token out to have one made.',
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

export function notSerializable(what: string, path: string): SerializationError {
  return new SerializationError(`Cannot store ${what} at ${path || 'the top'}.`, path, {
    hint: 'Pass data: functions, symbols, promises, weak collections and instances of unknown classes do not cross.',
  });
}

export function payloadInvalid(problem: string, cause?: unknown): PayloadError {
  return new PayloadError(`Stored data cannot be read: ${problem}.`, {
    hint: 'The run waits and goes on when the data can be read again.',
    ...(cause === undefined ? {} : { cause }),
  });
}

export function keyMissing(keyId: string): PayloadError {
  return new PayloadError(
    `Stored data is sealed with key ${JSON.stringify(keyId)}, which this process does not have.`,
    {
      hint: 'Add the key to WORKFLOW_ENCRYPTION_KEYS (or the `encryption` option); the run goes on by itself then.',
    },
  );
}

export function keyRingInvalid(problem: string): PerdureError {
  return new PerdureError(
    'ConfigError',
    'KEYS_INVALID',
    `Expected encryption keys as id:base64 pairs: ${problem}.`,
    {
      hint: 'Set WORKFLOW_ENCRYPTION_KEYS to "id:base64", 32 bytes each, several with commas; the first one seals.',
    },
  );
}

export function attemptsExhausted(stepName: string, attempts: number, error: unknown): FatalError {
  const text = error instanceof Error ? error.message : String(error);
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  return new FatalError(`Step ${JSON.stringify(stepName)} failed after ${tries}: ${text}`, { cause: error });
}

export function programMissing(hash: string): PerdureError {
  return new PerdureError('ProgramError', 'PROGRAM_MISSING', `Program ${hash} is not in this world.`, {
    hint: 'Start a process of the version that started the run once; it stores its program.',
  });
}

export function programBroken(hash: string, cause: unknown): PerdureError {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new PerdureError('ProgramError', 'PROGRAM_BROKEN', `Program ${hash} fails while it loads: ${text}`, {
    hint: 'Module-level code of a workflow file throws in the sandbox; the run stays as it is.',
    cause,
  });
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

export function runtimeClosed(): PerdureError {
  return new PerdureError('ContextError', 'RUNTIME_CLOSED', 'The runtime is closed.', {
    hint: 'Make another with createRuntime().',
  });
}
