/**
 * Every error class of the engine and every message text, each with a stable code and a hint.
 *
 * The file is used on both sides of the sandbox, so it imports nothing. Errors are told apart by `name` and
 * `code`, never by `instanceof` across realms: each class has a static `is`.
 */

const named = (value: unknown, name: string): boolean =>
  (value as { name?: unknown } | null | undefined)?.name === name;

export interface ErrorDetails {
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Base of the engine's errors: `code` is stable, `hint` says how to mend it. */
export class PerdureError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(name: string, code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = name;
    this.code = code;
    this.hint = details.hint ?? '';
  }
}

/** Thrown by a step: no more attempts. The workflow sees it, too, after the last attempt of a step. */
export class FatalError extends PerdureError {
  readonly fatal: true = true;

  constructor(message: string, details?: ErrorDetails) {
    super('FatalError', 'FATAL', message, details);
  }

  static is(value: unknown): value is FatalError {
    return named(value, 'FatalError');
  }
}

/** Thrown by a step: try again, after `retryAfter` (a duration, milliseconds or a Date; default 1 second). */
export class RetryableError extends PerdureError {
  readonly retryAfter: string | number | Date;

  constructor(message: string, options: ErrorDetails & { retryAfter?: string | number | Date } = {}) {
    super('RetryableError', 'RETRYABLE', message, options);
    this.retryAfter = options.retryAfter ?? 1_000;
  }

  static is(value: unknown): value is RetryableError {
    return named(value, 'RetryableError');
  }
}

/** A value cannot be stored; `path` leads to it, as in `.args[0].user.callback`. */
export class SerializationError extends PerdureError {
  readonly path: string;

  constructor(message: string, path: string, details?: ErrorDetails) {
    super('SerializationError', 'NOT_SERIALIZABLE', message, details);
    this.path = path;
  }

  static is(value: unknown): value is SerializationError {
    return named(value, 'SerializationError');
  }
}

/** Stored bytes cannot be opened or parsed; the run waits until they can. */
export class PayloadError extends PerdureError {
  constructor(message: string, details?: ErrorDetails) {
    super('PayloadError', 'PAYLOAD_UNREADABLE', message, details);
  }

  static is(value: unknown): value is PayloadError {
    return named(value, 'PayloadError');
  }
}

/** A hook's token belongs to a live hook of another run. */
export class HookConflictError extends PerdureError {
  readonly token: string;
  readonly ownerRunId: string;

  constructor(token: string, ownerRunId: string) {
    super(
      'HookConflictError',
      'HOOK_CONFLICT',
      `Hook token ${JSON.stringify(token)} belongs to run ${ownerRunId}.`,
      {
        hint: 'Wait until that run ends or disposes the hook, or use another token.',
      },
    );
    this.token = token;
    this.ownerRunId = ownerRunId;
  }

  static is(value: unknown): value is HookConflictError {
    return named(value, 'HookConflictError');
  }
}

/** No live hook has the token. */
export class HookNotFoundError extends PerdureError {
  constructor(what: string) {
    super('HookNotFoundError', 'HOOK_NOT_FOUND', `Expected a live hook with ${what}, found none.`, {
      hint: 'It was never created, was disposed, or its run has ended.',
    });
  }

  static is(value: unknown): value is HookNotFoundError {
    return named(value, 'HookNotFoundError');
  }
}

/** The run failed; `cause` is the value that the workflow threw. */
export class WorkflowRunFailedError extends PerdureError {
  readonly runId: string;
  readonly errorCode: string;

  constructor(runId: string, errorCode: string, cause: unknown) {
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super('WorkflowRunFailedError', 'RUN_FAILED', `Run ${runId} failed: ${text}`, {
      hint: 'The cause is what the workflow threw; `perdure inspect run` shows the step it came from.',
      cause,
    });
    this.runId = runId;
    this.errorCode = errorCode;
  }

  static is(value: unknown): value is WorkflowRunFailedError {
    return named(value, 'WorkflowRunFailedError');
  }
}

export class WorkflowRunCancelledError extends PerdureError {
  readonly runId: string;

  constructor(runId: string, reason: string | undefined) {
    super(
      'WorkflowRunCancelledError',
      'RUN_CANCELLED',
      `Run ${runId} was cancelled${reason ? `: ${reason}` : '.'}`,
      { hint: 'It does not go on; start another one.' },
    );
    this.runId = runId;
  }

  static is(value: unknown): value is WorkflowRunCancelledError {
    return named(value, 'WorkflowRunCancelledError');
  }
}

export class WorkflowRunNotFoundError extends PerdureError {
  readonly runId: string;

  constructor(runId: string) {
    super(
      'WorkflowRunNotFoundError',
      'RUN_NOT_FOUND',
      `Expected a run with id ${JSON.stringify(runId)}, found none.`,
      {
        hint: 'Check the id, and that this process uses the world that the run was started on.',
      },
    );
    this.runId = runId;
  }

  static is(value: unknown): value is WorkflowRunNotFoundError {
    return named(value, 'WorkflowRunNotFoundError');
  }
}

export class WorkflowNotRegisteredError extends PerdureError {
  constructor(workflowName: string, known: readonly string[]) {
    super(
      'WorkflowNotRegisteredError',
      'WORKFLOW_NOT_REGISTERED',
      `Expected workflow ${JSON.stringify(workflowName)} in the program, found ${listed(known)}.`,
      { hint: 'Does the function have "use workflow", and is its file part of what was compiled?' },
    );
  }

  static is(value: unknown): value is WorkflowNotRegisteredError {
    return named(value, 'WorkflowNotRegisteredError');
  }
}

export class StepNotRegisteredError extends PerdureError {
  constructor(stepName: string, known: readonly string[]) {
    super(
      'StepNotRegisteredError',
      'STEP_NOT_REGISTERED',
      `Expected step ${JSON.stringify(stepName)} in this process, found ${listed(known)}.`,
      { hint: 'Import the file that declares it where the worker starts; the run goes on by itself then.' },
    );
  }

  static is(value: unknown): value is StepNotRegisteredError {
    return named(value, 'StepNotRegisteredError');
  }
}

/** A place in a file of the user. */
export interface SourcePlace {
  /** As in ids: from the app's root. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  /** The text of the line, without its indentation. */
  readonly text: string;
}

export interface Divergence {
  readonly runId: string;
  /** The event that does not record what the program asks for. */
  readonly version: number;
  /** What the history has, and the program asks for. */
  readonly expected: string;
  readonly actual: string;
  /** Where the program that recorded it asked for what the history has. */
  readonly expectedPlace?: SourcePlace;
  readonly actualPlace?: SourcePlace;
  readonly likelyCause?: string;
}

/** The program asks for something else than its history holds (E4). */
export class DivergenceError extends PerdureError implements Divergence {
  readonly runId: string;
  readonly version: number;
  readonly expected: string;
  readonly actual: string;
  readonly expectedPlace?: SourcePlace;
  readonly actualPlace?: SourcePlace;
  readonly likelyCause?: string;

  constructor(divergence: Divergence) {
    const { runId, version, expected, actual, expectedPlace, actualPlace, likelyCause } = divergence;
    const at = (place: SourcePlace | undefined) =>
      place ? ` (${place.file}:${place.line}:${place.column})` : '';
    super(
      'DivergenceError',
      'DIVERGENCE',
      `Run ${runId} diverges at version ${version}: the history has ${expected}${at(expectedPlace)}, the program asks for ${actual}${at(actualPlace)}.`,
      {
        hint: `${likelyCause ? `${likelyCause} ` : ''}Workflow code must be a function of its inputs and results.`,
      },
    );
    this.runId = runId;
    this.version = version;
    this.expected = expected;
    this.actual = actual;
    if (expectedPlace) this.expectedPlace = expectedPlace;
    if (actualPlace) this.actualPlace = actualPlace;
    if (likelyCause !== undefined) this.likelyCause = likelyCause;
  }

  static is(value: unknown): value is DivergenceError {
    return named(value, 'DivergenceError');
  }
}

/** An API was used in the wrong place. */
export class ContextError extends PerdureError {
  constructor(code: string, message: string, hint: string) {
    super('ContextError', code, message, { hint });
  }

  static is(value: unknown): value is ContextError {
    return named(value, 'ContextError');
  }
}

export class LimitError extends PerdureError {
  constructor(code: string, message: string, hint: string) {
    super('LimitError', code, message, { hint });
  }

  static is(value: unknown): value is LimitError {
    return named(value, 'LimitError');
  }
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none at all';
  const shown = names.slice(0, 8).map((name) => JSON.stringify(name));
  return shown.join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');
}
